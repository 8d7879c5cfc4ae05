package io.vmsnap.vmdir;

import io.vmsnap.task.TaskJson;
import io.vmsnap.task.VmDefinition;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * Tells whether a definition still asks for the same machine. A revert brings back the hardware of
 * its snapshot, and that holds until the owner next changes what is wanted.
 */
public final class DefinitionDigest {
  private static final int BYTES = 16;

  /** What of a definition ends up in {@code .vmx}. */
  private record Wanted(
      VmDefinition.Hardware hardware,
      List<VmDefinition.Disk> disks,
      VmDefinition.Boot boot,
      boolean guestAgent) {}

  private DefinitionDigest() {}

  /** 32 hex digits. */
  public static String of(VmDefinition definition) {
    Wanted wanted =
        new Wanted(
            definition.hardware(), definition.disks(), definition.boot(), definition.guestAgent());
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(TaskJson.write(wanted).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(Arrays.copyOf(hash, BYTES));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
