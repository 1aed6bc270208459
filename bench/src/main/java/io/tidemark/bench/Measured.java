package io.tidemark.bench;

/**
 * One run of one program.
 *
 * @param seconds of wall clock
 * @param cpuSeconds of the program and everything that it started, user and system
 * @param serverCpuSeconds of PostgreSQL meanwhile; 0 where none ran
 * @param peakBytes resident, summed over the program's processes
 * @param load of the machine just before: the kernel's average of one minute
 */
record Measured(
    double seconds, double cpuSeconds, double serverCpuSeconds, long peakBytes, double load) {

  /** The same run with a time that somebody else took. */
  Measured withSeconds(double measured) {
    return new Measured(measured, cpuSeconds, serverCpuSeconds, peakBytes, load);
  }
}
