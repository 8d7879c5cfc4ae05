package io.vmsnap.hypervisor;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Names of block nodes, derived from the descriptor's file name so that runner and jobs agree
 * without talking to each other. QEMU allows 31 characters: a letter, then letters, digits and
 * {@code - . _} (QEMU {@code util/id.c}, {@code id_wellformed}; {@code block.c} for the length).
 */
public final class NodeName {
  private static final int MAX_LENGTH = 31;
  private static final int HASH_LENGTH = 8;

  private NodeName() {}

  /** {@code web-000001.vmdk} becomes {@code n-web-000001}; long names are cut and get a hash. */
  public static String of(String descriptorFileName) {
    String stem =
        descriptorFileName.endsWith(".vmdk")
            ? descriptorFileName.substring(0, descriptorFileName.length() - ".vmdk".length())
            : descriptorFileName;
    String name = "n-" + stem.replaceAll("[^A-Za-z0-9._-]", "_");
    boolean exact = name.length() <= MAX_LENGTH && name.equals("n-" + stem);
    return exact
        ? name
        : name.substring(0, Math.min(name.length(), MAX_LENGTH - HASH_LENGTH - 1))
            + "."
            + hash(descriptorFileName);
  }

  /**
   * Name of a second node over the same files, while the graph moves from the first to a new one.
   */
  public static String secondOf(String nodeName) {
    return "m" + nodeName.substring(1);
  }

  private static String hash(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, HASH_LENGTH);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
