package io.vmsnap.snapshot;

import io.vmsnap.snapshot.CreatePlan.NewFile;
import java.util.List;

/**
 * A hidden disk takes over what its only child holds, and the child's place; kept in the journal.
 *
 * @param requestId the request it serves
 * @param parent descriptor of the hidden disk
 * @param child descriptor of the disk that goes
 * @param childActive whether the machine, which is off, writes to the child
 * @param overlay descriptor of the disk over the child in a chain of the running state; null if
 *     there is none
 * @param overlayActive whether that disk takes the machine's writes
 * @param frozenChildren other disks over the child, and the overlay if it is not active
 * @param files texts that name the parent in place of the child, in this order
 * @param discarded the child's files
 */
public record MergePlan(
    String requestId,
    String parent,
    String child,
    boolean childActive,
    String overlay,
    boolean overlayActive,
    List<String> frozenChildren,
    List<NewFile> files,
    List<String> discarded) {
  static final String OPERATION = "merge";
}
