package io.vmsnap.disk.export;

import java.util.Arrays;
import java.util.stream.Collectors;

/** What a disk can be exported to. */
public enum ExportFormat {
  /** The guest's bytes, with holes in a file. */
  RAW("raw", true),
  QCOW2("qcow2", false),
  /** One VMDK file that Workstation, Fusion and QEMU use as it is. */
  MONOLITHIC_SPARSE("monolithicSparse", false),
  /** One compressed VMDK for transport, as in an OVF package. */
  STREAM_OPTIMIZED("streamOptimized", true),
  /** The base and every delta as files of their own, as ESXi has them. */
  VMFS_SPARSE("vmfsSparse", false);

  private final String label;
  private final boolean stream;

  ExportFormat(String label, boolean stream) {
    this.label = label;
    this.stream = stream;
  }

  /** Whether it is written from front to back, so that it can go into a pipe. */
  public boolean isStream() {
    return stream;
  }

  /** The name that users write. */
  @Override
  public String toString() {
    return label;
  }

  /** The format of that name, in any case. */
  public static ExportFormat parse(String name) {
    return Arrays.stream(values())
        .filter(f -> f.label.equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "\""
                        + name
                        + "\" is no format; formats are "
                        + Arrays.stream(values())
                            .map(f -> f.label)
                            .collect(Collectors.joining(", "))));
  }
}
