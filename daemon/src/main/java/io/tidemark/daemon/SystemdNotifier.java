package io.tidemark.daemon;

import io.tidemark.config.TidemarkException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells systemd how the daemon is (sd_notify(3)). Without systemd it tells nobody. A message that
 * cannot be sent is logged, and harms nothing. Safe for use by many threads.
 */
final class SystemdNotifier {
  private static final Logger LOG = LoggerFactory.getLogger(SystemdNotifier.class);
  private static final int LONGEST_STATUS = 200;

  private final Optional<String> socket;
  private final Optional<Duration> watchdog;
  private String lastStatus = "";

  private SystemdNotifier(Optional<String> socket, Optional<Duration> watchdog) {
    this.socket = socket;
    this.watchdog = watchdog;
  }

  /** By NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, as systemd sets them. */
  static SystemdNotifier of(Map<String, String> environment, long pid) {
    Optional<String> socket =
        Optional.ofNullable(environment.get("NOTIFY_SOCKET")).filter(text -> !text.isEmpty());
    boolean forUs = Long.toString(pid).equals(environment.getOrDefault("WATCHDOG_PID", "" + pid));
    Optional<Duration> watchdog =
        Optional.ofNullable(environment.get("WATCHDOG_USEC"))
            .filter(text -> forUs && text.matches("[0-9]{1,15}"))
            .map(text -> Duration.of(Long.parseLong(text), ChronoUnit.MICROS));
    return new SystemdNotifier(socket, watchdog);
  }

  /** How often {@link #alive} must be said: twice in the time that systemd waits. */
  Optional<Duration> aliveEvery() {
    return watchdog.map(limit -> limit.dividedBy(2));
  }

  void ready() {
    send("READY=1");
  }

  /** Until the next {@link #ready}. The time is CLOCK_MONOTONIC, as System.nanoTime is on Linux. */
  void reloading() {
    send("RELOADING=1\nMONOTONIC_USEC=" + TimeUnit.NANOSECONDS.toMicros(System.nanoTime()));
  }

  void stopping() {
    send("STOPPING=1");
  }

  void alive() {
    send("WATCHDOG=1");
  }

  /** What systemctl status shows; said only when it changes. */
  synchronized void status(String text) {
    String line = text.replace('\n', ' ');
    String status = line.substring(0, Math.min(line.length(), LONGEST_STATUS));
    if (!status.equals(lastStatus)) {
      lastStatus = status;
      send("STATUS=" + status);
    }
  }

  private synchronized void send(String message) {
    if (socket.isEmpty()) {
      return;
    }
    try (UnixDatagram datagram = new UnixDatagram()) {
      datagram.send(socket.get(), message);
    } catch (TidemarkException e) {
      LOG.warn("systemd could not be told {}: {}", message, e.getMessage());
    }
  }
}
