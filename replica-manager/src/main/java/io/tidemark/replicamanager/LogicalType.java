package io.tidemark.replicamanager;

import java.util.List;

/**
 * A type that is not PostgreSQL's own.
 *
 * @param name quoted where needed, with its schema
 * @param create SQL that makes it
 * @param labels of an enum, in order
 */
record LogicalType(String name, String create, List<String> labels) {
  LogicalType {
    labels = List.copyOf(labels);
  }
}
