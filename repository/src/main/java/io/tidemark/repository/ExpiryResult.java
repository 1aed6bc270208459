package io.tidemark.repository;

/**
 * What an expiry did.
 *
 * @param plan that it carried out
 * @param backups completed ones removed
 * @param unfinished rests of interrupted or half removed ones that are gone
 * @param segments of WAL removed
 * @param objects removed in all
 * @param bytes that these took in the store
 */
public record ExpiryResult(
    ExpiryPlan plan, int backups, int unfinished, long segments, long objects, long bytes) {}
