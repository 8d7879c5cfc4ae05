package io.vmsnap.hypervisor.qmp;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * How far a migration is (QEMU {@code qapi/migration.json}, {@code MigrationInfo}).
 *
 * @param phase QEMU's {@code MigrationStatus}; {@code none} before the first migration
 * @param pages pages dealt with, zero pages included, repeated ones counted again
 * @param remainingBytes RAM that still has to be looked at
 * @param totalBytes guest RAM
 * @param transferredBytes written to the stream
 * @param bytesPerSecond lately
 * @param passes times that changed pages were collected
 * @param error QEMU's words on a failure; empty without
 */
record MigrationStatus(
    String phase,
    long pages,
    long remainingBytes,
    long totalBytes,
    long transferredBytes,
    long bytesPerSecond,
    long passes,
    String error) {
  private static final double BYTES_PER_MEGABIT = 1e6 / 8;

  static MigrationStatus parse(JsonNode answer) {
    JsonNode ram = answer.path("ram");
    return new MigrationStatus(
        answer.path("status").asText("none"),
        ram.path("normal").asLong() + ram.path("duplicate").asLong(),
        ram.path("remaining").asLong(),
        ram.path("total").asLong(),
        ram.path("transferred").asLong(),
        (long) (ram.path("mbps").asDouble() * BYTES_PER_MEGABIT),
        ram.path("dirty-sync-count").asLong(),
        answer.path("error-desc").asText());
  }

  boolean isCompleted() {
    return phase.equals("completed");
  }

  boolean isPausedBeforeSwitchover() {
    return phase.equals("pre-switchover");
  }

  /** Over without success. */
  boolean isBroken() {
    return phase.equals("failed") || phase.equals("cancelled");
  }

  /** A migration that still does something. */
  boolean isUnderWay() {
    return !isCompleted() && !isBroken() && !phase.equals("none");
  }
}
