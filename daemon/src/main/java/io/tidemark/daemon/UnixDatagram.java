package io.tidemark.daemon;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * A Unix datagram socket, which the JDK lacks, by the C library's functions (socket(2), unix(7)).
 * For one thread at a time.
 */
final class UnixDatagram implements AutoCloseable {
  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
  private static final int SUN_PATH = 2;
  private static final int SUN_PATH_BYTES = 108;

  /** struct pollfd: a descriptor, the events that are asked for, those that are there. */
  private static final StructLayout POLLFD =
      MemoryLayout.structLayout(
          ValueLayout.JAVA_INT, ValueLayout.JAVA_SHORT, ValueLayout.JAVA_SHORT);

  private static final long POLLFD_EVENTS = Integer.BYTES;
  private static final short POLLIN = 1;

  private static final AddressLayout POINTER = ValueLayout.ADDRESS;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
  private static final StructLayout ERRNO = Linker.Option.captureStateLayout();

  private final Linker linker = Linker.nativeLinker();
  private final MethodHandle close = function("close", FunctionDescriptor.of(INT, INT));
  private final int descriptor;

  /** A socket without a name. */
  UnixDatagram() {
    MethodHandle socket = function("socket", FunctionDescriptor.of(INT, INT, INT, INT));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = arena.allocate(ERRNO);
      int made = (int) socket.invokeExact(errno, AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
      this.descriptor = Math.toIntExact(checked("socket", made, errno));
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  /**
   * Sends one message.
   *
   * @param address a path, or a name of the abstract namespace with {@code @} in front of it
   */
  void send(String address, String message) {
    MethodHandle sendto =
        function("sendto", FunctionDescriptor.of(LONG, INT, POINTER, LONG, INT, POINTER, INT));
    byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = arena.allocate(ERRNO);
      MemorySegment text = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
      MemorySegment to = socketAddress(arena, address);
      long sent =
          (long)
              sendto.invokeExact(
                  errno, descriptor, text, (long) bytes.length, 0, to, (int) to.byteSize());
      checked("sendto " + address, sent, errno);
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  /** Gives it a name, so that it can be sent to. */
  void bind(String address) {
    MethodHandle bind = function("bind", FunctionDescriptor.of(INT, INT, POINTER, INT));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = arena.allocate(ERRNO);
      MemorySegment at = socketAddress(arena, address);
      int done = (int) bind.invokeExact(errno, descriptor, at, (int) at.byteSize());
      checked("bind " + address, done, errno);
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  /** The next message of at most 4 KiB; throws TIMED_OUT where none comes within the limit. */
  String receive(Duration limit) {
    MethodHandle poll = function("poll", FunctionDescriptor.of(INT, POINTER, LONG, INT));
    MethodHandle recv = function("recv", FunctionDescriptor.of(LONG, INT, POINTER, LONG, INT));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = arena.allocate(ERRNO);
      MemorySegment watched = arena.allocate(POLLFD);
      watched.set(INT, 0, descriptor);
      watched.set(ValueLayout.JAVA_SHORT, POLLFD_EVENTS, POLLIN);
      int ready = (int) poll.invokeExact(errno, watched, 1L, Math.toIntExact(limit.toMillis()));
      if (checked("poll", ready, errno) == 0) {
        throw new TidemarkException(
            ErrorCode.TIMED_OUT, "found no message within " + limit + "; expected one", "");
      }
      MemorySegment into = arena.allocate(4096);
      long length = (long) recv.invokeExact(errno, descriptor, into, into.byteSize(), 0);
      checked("recv", length, errno);
      byte[] bytes = into.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  @Override
  public void close() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = arena.allocate(ERRNO);
      int done = (int) close.invokeExact(errno, descriptor);
      checked("close", done, errno);
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  /** sockaddr_un: an abstract name begins with a zero byte and has no end but the length. */
  private static MemorySegment socketAddress(Arena arena, String address) {
    byte[] path = address.getBytes(StandardCharsets.UTF_8);
    boolean isAbstract = address.startsWith("@");
    if (path.length == 0 || path.length >= SUN_PATH_BYTES || (!isAbstract && path[0] != '/')) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO,
          "found the socket address '%s'; expected a path or @name of less than %d bytes"
              .formatted(address, SUN_PATH_BYTES),
          "");
    }
    MemorySegment made = arena.allocate(SUN_PATH + path.length + (isAbstract ? 0L : 1L), 8);
    made.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
    MemorySegment.copy(path, 0, made, ValueLayout.JAVA_BYTE, SUN_PATH, path.length);
    if (isAbstract) {
      made.set(ValueLayout.JAVA_BYTE, SUN_PATH, (byte) 0);
    }
    return made;
  }

  @SuppressWarnings("restricted") // The C library's own functions, with their documented types.
  private MethodHandle function(String name, FunctionDescriptor descriptor) {
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(name),
        descriptor,
        Linker.Option.captureCallState("errno"));
  }

  private static long checked(String what, long result, MemorySegment errno) {
    if (result < 0) {
      int code = errno.get(INT, ERRNO.byteOffset(MemoryLayout.PathElement.groupElement("errno")));
      throw new TidemarkException(
          ErrorCode.LOCAL_IO, what + " failed with errno " + code + "; expected success", "");
    }
    return result;
  }

  private static RuntimeException failure(Throwable e) {
    return switch (e) {
      case RuntimeException known -> known;
      case Error error -> throw error;
      default -> new IllegalStateException(e);
    };
  }
}
