package io.vmsnap.vmdir;

/**
 * What a {@code .vmsn} tells of the memory that it holds, so that it can be judged before a machine
 * is touched.
 *
 * @param offset byte of the file at which QEMU's {@code mapped-ram} stream begins, a multiple of
 *     {@value #ALIGNMENT}
 * @param length bytes of the stream, up to the end of the file
 * @param stateChecksum CRC-32C of the stream without the pages of RAM: its head, its page bitmaps
 *     and the state of the devices
 * @param ramBytes RAM of the machine; its pages lie in the stream, zero pages as holes
 * @param ramChecksum CRC-32C of the pages as {@code MemoryChecksum} takes it
 * @param pagesOffset byte of the file at which the first page of the main RAM lies
 * @param method {@code BackgroundSnapshot} or {@code PreCopy}
 * @param qemuVersion of the QEMU that wrote the stream
 * @param machineType the versioned machine, such as {@code pc-q35-10.0}
 */
public record VmsnMemory(
    long offset,
    long length,
    int stateChecksum,
    long ramBytes,
    int ramChecksum,
    long pagesOffset,
    String method,
    String qemuVersion,
    String machineType) {
  /** The largest page of the usual hosts' memory: a stream that begins there can be mapped. */
  public static final long ALIGNMENT = 64 << 10;

  private static final String RAM_BYTES = "memory.ramBytes";
  private static final String RAM_CHECKSUM = "memory.ramCrc32c";
  private static final String PAGES_OFFSET = "memory.pagesOffset";
  private static final String METHOD = "memory.method";
  private static final String QEMU_VERSION = "memory.qemuVersion";
  private static final String MACHINE_TYPE = "memory.machineType";

  /** The text of the section that describes the memory. */
  byte[] description() {
    ConfigDictionary text = ConfigDictionary.empty();
    text.put(RAM_BYTES, Long.toString(ramBytes));
    text.put(RAM_CHECKSUM, "%08x".formatted(ramChecksum));
    text.put(PAGES_OFFSET, Long.toString(pagesOffset));
    text.put(METHOD, method);
    text.put(QEMU_VERSION, qemuVersion);
    text.put(MACHINE_TYPE, machineType);
    return text.toBytes();
  }

  static VmsnMemory of(String file, VmsnSection memory, byte[] description)
      throws DamagedFileException {
    ConfigDictionary text = ConfigDictionary.parse(file, description);
    return new VmsnMemory(
        memory.offset(),
        memory.length(),
        memory.checksum(),
        number(file, text, RAM_BYTES, 10),
        (int) number(file, text, RAM_CHECKSUM, 16),
        number(file, text, PAGES_OFFSET, 10),
        required(file, text, METHOD),
        required(file, text, QEMU_VERSION),
        required(file, text, MACHINE_TYPE));
  }

  private static long number(String file, ConfigDictionary text, String key, int radix)
      throws DamagedFileException {
    String value = required(file, text, key);
    try {
      return Long.parseUnsignedLong(value, radix);
    } catch (NumberFormatException e) {
      throw new DamagedFileException(file, key + " is \"" + value + "\", not a number", e);
    }
  }

  private static String required(String file, ConfigDictionary text, String key)
      throws DamagedFileException {
    return text.get(key)
        .orElseThrow(
            () -> new DamagedFileException(file, "the description of the memory lacks " + key));
  }
}
