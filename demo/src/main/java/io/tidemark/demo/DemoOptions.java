package io.tidemark.demo;

/**
 * What the demo was asked for.
 *
 * @param s3 the repository is on an S3 server instead of in a directory
 * @param keep everything goes on running after the story, until somebody ends it
 * @param major of PostgreSQL
 * @param seconds of the workload before the accident; the backup is taken meanwhile
 */
record DemoOptions(boolean s3, boolean keep, int major, int seconds) {}
