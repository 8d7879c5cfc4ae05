package io.vmsnap.snapshot.adopt;

import java.util.List;
import java.util.Map;

/**
 * The journal's plan of an adoption.
 *
 * @param proven digests of the layers whose copies are complete, by descriptor name
 * @param aside source files that give way to the copies
 * @param moves files of the staging folder that get their names in the directory
 * @param frozen extents that become read-only
 * @param vmx name and new text of the configuration
 * @param vmsd likewise of the history
 * @param descriptors likewise of disks that stay as they are but for their description; null in the
 *     journal of an older version
 * @param removeSources whether the source files are deleted in the end
 */
record AdoptPlan(
    Map<String, String> proven,
    List<String> aside,
    List<String> moves,
    List<String> frozen,
    TextFile vmx,
    TextFile vmsd,
    List<TextFile> descriptors,
    boolean removeSources) {
  static final String OPERATION = "adopt";

  AdoptPlan {
    descriptors = descriptors == null ? List.of() : List.copyOf(descriptors);
  }

  /** A text file to write; the bytes are base64 in the journal. */
  record TextFile(String name, byte[] content) {}
}
