package io.tidemark.bench;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One run of one program.
 *
 * @param seconds of wall clock
 * @param cpuSeconds of the program and everything that it started, user and system
 * @param serverCpuSeconds of PostgreSQL meanwhile; 0 where none ran
 * @param peakBytes resident, summed over the program's processes
 * @param load of the machine just before: the kernel's average of one minute
 * @param more columns of the table that only this task has, in their order
 */
record Measured(
    double seconds,
    double cpuSeconds,
    double serverCpuSeconds,
    long peakBytes,
    double load,
    Map<String, Double> more) {

  Measured {
    more = Collections.unmodifiableMap(new LinkedHashMap<>(more));
  }

  Measured(
      double seconds, double cpuSeconds, double serverCpuSeconds, long peakBytes, double load) {
    this(seconds, cpuSeconds, serverCpuSeconds, peakBytes, load, Map.of());
  }

  /** The same run with a time that somebody else took. */
  Measured withSeconds(double measured) {
    return new Measured(measured, cpuSeconds, serverCpuSeconds, peakBytes, load, more);
  }

  /** The same run, with another server beside the one whose CPU was counted. */
  Measured withServerCpuSeconds(double all) {
    return new Measured(seconds, cpuSeconds, all, peakBytes, load, more);
  }

  /** The same run with one more column. */
  Measured with(String column, double value) {
    Map<String, Double> columns = new LinkedHashMap<>(more);
    columns.put(column, value);
    return new Measured(seconds, cpuSeconds, serverCpuSeconds, peakBytes, load, columns);
  }
}
