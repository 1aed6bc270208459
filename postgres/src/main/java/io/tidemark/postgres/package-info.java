/**
 * PostgreSQL's own values, files and protocol: LSN, timeline, segment, control file, page checksum,
 * WAL records, the rules of a data directory, SQL and replication connections, and the starting and
 * stopping of a server. Formats decode without I/O. Knows no repository.
 */
@NullMarked
package io.tidemark.postgres;

import org.jspecify.annotations.NullMarked;
