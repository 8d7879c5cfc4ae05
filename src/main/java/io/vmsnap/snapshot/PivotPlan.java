package io.vmsnap.snapshot;

import io.vmsnap.snapshot.CreatePlan.NewFile;
import java.util.List;

/**
 * A running machine's small active delta goes into the hidden disk below it, which takes the writes
 * from then on; kept in the journal. {@code .vmx} says which of the two is the active disk, and is
 * replaced while the guest stands still: at no instant has the guest written to a disk that the
 * configuration hides.
 *
 * @param requestId the request it serves
 * @param node the disk's place on the virtual machine
 * @param active descriptor of the delta that goes
 * @param below descriptor of the hidden disk
 * @param guestRuns whether the guest ran before: then it must run afterwards
 * @param configuration the new {@code .vmx}
 * @param files texts that follow
 * @param discarded the delta's files
 */
public record PivotPlan(
    String requestId,
    String node,
    String active,
    String below,
    boolean guestRuns,
    NewFile configuration,
    List<NewFile> files,
    List<String> discarded) {
  static final String OPERATION = "pivot";
}
