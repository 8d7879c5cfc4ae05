package io.vmsnap.snapshot.journal;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Objects;

/**
 * The operation under way.
 *
 * @param operation {@code create}; other operations bring their own words
 * @param phase how far it is
 * @param token fencing token under which it was begun
 * @param plan everything needed to finish or undo it, without reading another file
 */
public record JournalEntry(String operation, Phase phase, long token, JsonNode plan) {
  public JournalEntry {
    Objects.requireNonNull(operation, "operation");
    Objects.requireNonNull(phase, "phase");
    Objects.requireNonNull(plan, "plan");
  }

  public JournalEntry withPhase(Phase next) {
    return new JournalEntry(operation, next, token, plan);
  }

  public JournalEntry withPlan(JsonNode changed) {
    return new JournalEntry(operation, phase, token, changed);
  }
}
