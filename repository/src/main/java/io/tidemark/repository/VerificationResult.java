package io.tidemark.repository;

import io.tidemark.repository.Finding.Severity;
import java.util.List;

/**
 * What a verification read and found.
 *
 * @param objects looked at
 * @param bytes that these take in the store
 * @param backups completed ones whose manifest was read
 * @param frames decoded and compared with a manifest
 * @param pages of relations whose checksum was computed
 * @param segments of WAL decoded
 * @param findings the worst first, then by key
 */
public record VerificationResult(
    long objects,
    long bytes,
    int backups,
    long frames,
    long pages,
    long segments,
    List<Finding> findings) {
  public VerificationResult {
    findings = List.copyOf(findings);
  }

  /** Whether all that is there can be restored. */
  public boolean isSound() {
    return findings.stream().noneMatch(finding -> finding.severity() == Severity.ERROR);
  }
}
