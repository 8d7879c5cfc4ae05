package io.vmsnap.vmdir;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/**
 * The virtual machine's configuration, {@code web.vmx}: VMware's keys where there is one, ours
 * ({@code vmsnap.*}) where there is none. Unknown keys are kept. Immutable; the {@code with}
 * methods give a changed copy. Described in {@code docs/formats/vmx.md}.
 */
public final class VmxFile {
  /** Memory from which the next start goes on; gone durably before the guest runs. */
  public static final String RESUME_FROM = "vmsnap.resumeFrom";

  /** How that memory is loaded, {@code OnDemand} (also without the key) or {@code Eager}. */
  public static final String RESUME_LOAD = "vmsnap.resumeLoad";

  /** VMware's keys for the two halves of the 128 bits, as signed decimal numbers. */
  public static final String GENERATION_ID = "vm.genid";

  public static final String GENERATION_ID_X = "vm.genidX";

  /** {@link DefinitionDigest} of the definition that a revert has overridden. */
  static final String OVERRIDDEN_DEFINITION = "vmsnap.overriddenDefinition";

  /** The disk's name in the custom resource, per disk: {@code scsi0:0.vmsnap.name}. */
  private static final String DISK_NAME = ".vmsnap.name";

  private static final String FILE_NAME = ".fileName";
  private static final String PRESENT = ".present";
  private static final String MODE = ".mode";
  private static final String UUID_BIOS = "uuid.bios";

  private final String file;
  private final ConfigDictionary dictionary;
  private final List<VmxDisk> disks;

  private VmxFile(String file, ConfigDictionary dictionary) {
    this.file = file;
    this.dictionary = dictionary;
    this.disks = readDisks(dictionary);
  }

  /**
   * @param file its name, for messages
   */
  public static VmxFile parse(String file, byte[] bytes) throws DamagedFileException {
    return new VmxFile(file, ConfigDictionary.parse(file, bytes));
  }

  /** A new configuration with the keys without which VMware's programs refuse to read one. */
  public static VmxFile create(String file, String displayName, UUID uuid) {
    ConfigDictionary dictionary = ConfigDictionary.empty();
    dictionary.put(ConfigDictionary.ENCODING, "UTF-8");
    dictionary.put("config.version", "8");
    dictionary.put("virtualHW.version", "19");
    dictionary.put("displayName", displayName);
    dictionary.put("guestOS", "other-64");
    dictionary.put(UUID_BIOS, toVmware(uuid));
    return new VmxFile(file, dictionary);
  }

  private static List<VmxDisk> readDisks(ConfigDictionary dictionary) {
    List<VmxDisk> disks = new ArrayList<>();
    for (String key : dictionary.keys()) {
      if (!key.toLowerCase(Locale.ROOT).endsWith(FILE_NAME.toLowerCase(Locale.ROOT))) {
        continue;
      }
      String node = key.substring(0, key.length() - FILE_NAME.length()).toLowerCase(Locale.ROOT);
      String fileName = dictionary.get(key).orElseThrow();
      boolean present = dictionary.get(node + PRESENT).orElse("TRUE").equalsIgnoreCase("TRUE");
      if (present && DiskAddress.isAddress(node) && fileName.endsWith(".vmdk")) {
        disks.add(
            new VmxDisk(
                DiskAddress.parse(node),
                dictionary.get(node + DISK_NAME).orElse(null),
                fileName,
                dictionary.get(node + MODE).orElse("persistent").toLowerCase(Locale.ROOT)));
      }
    }
    disks.sort((a, b) -> a.address().compareTo(b.address()));
    return List.copyOf(disks);
  }

  /** Name of the file, for messages. */
  public String file() {
    return file;
  }

  public Optional<String> get(String key) {
    return dictionary.get(key);
  }

  /** The hard disks that are present, in the order of their addresses. */
  public List<VmxDisk> disks() {
    return disks;
  }

  /**
   * The BIOS uuid; empty if the key is missing.
   *
   * @throws DamagedFileException if it is there and not a uuid
   */
  public Optional<UUID> uuid() throws DamagedFileException {
    Optional<String> text = dictionary.get(UUID_BIOS);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    String digits = text.get().replaceAll("[ -]", "");
    if (!digits.matches("[0-9A-Fa-f]{32}")) {
      throw new DamagedFileException(file, UUID_BIOS + " \"" + text.get() + "\" is not a uuid");
    }
    return Optional.of(
        new UUID(
            HexFormat.fromHexDigitsToLong(digits, 0, 16),
            HexFormat.fromHexDigitsToLong(digits, 16, 32)));
  }

  public VmxFile withUuid(UUID uuid) {
    return with(UUID_BIOS, toVmware(uuid));
  }

  public VmxFile with(String key, String value) {
    ConfigDictionary changed = dictionary.copy();
    changed.put(key, value);
    return new VmxFile(file, changed);
  }

  public VmxFile without(String key) {
    ConfigDictionary changed = dictionary.copy();
    changed.remove(key);
    return new VmxFile(file, changed);
  }

  /**
   * Places a disk, or gives the disk at that place another active file.
   *
   * @param name its name in the custom resource, or null
   */
  public VmxFile withDisk(DiskAddress address, String name, String fileName) {
    ConfigDictionary changed = dictionary.copy();
    String controller = address.bus() + address.controller();
    if (address.bus().equals("scsi") && changed.get(controller + PRESENT).isEmpty()) {
      changed.put(controller + PRESENT, "TRUE");
      changed.put(controller + ".virtualDev", "pvscsi");
    }
    changed.put(address + PRESENT, "TRUE");
    changed.put(address + FILE_NAME, fileName);
    if (changed.get(address + ".deviceType").isEmpty()) {
      changed.put(address + ".deviceType", "scsi-hardDisk");
    }
    if (name != null) {
      changed.put(address + DISK_NAME, name);
    }
    return new VmxFile(file, changed);
  }

  /** Takes a disk out of the machine; its files stay. */
  public VmxFile withoutDisk(DiskAddress address) {
    String prefix = address + ".";
    ConfigDictionary changed = dictionary.copy();
    changed.keys().stream()
        .filter(k -> k.toLowerCase(Locale.ROOT).startsWith(prefix))
        .toList()
        .forEach(changed::remove);
    return new VmxFile(file, changed);
  }

  /** Tells the guest that it is not where it last was. */
  public VmxFile withGenerationId(UUID id) {
    return with(GENERATION_ID, Long.toString(id.getMostSignificantBits()))
        .with(GENERATION_ID_X, Long.toString(id.getLeastSignificantBits()));
  }

  /**
   * @param memory from which the next start goes on; null for a start without memory
   * @param load {@code OnDemand} or {@code Eager}; null without memory
   */
  public VmxFile withResume(String memory, String load) {
    return withOrWithout(RESUME_FROM, memory).withOrWithout(RESUME_LOAD, load);
  }

  /** Keeps hardware and disks as they are while the definition stays what it is now. */
  public VmxFile withOverriddenDefinition(String digest) {
    return withOrWithout(OVERRIDDEN_DEFINITION, digest);
  }

  private VmxFile withOrWithout(String key, String value) {
    return value == null ? without(key) : with(key, value);
  }

  public byte[] toBytes() {
    return dictionary.toBytes();
  }

  /** VMware's form: {@code 56 4d 1a 2b 3c 4d 5e 6f-70 81 92 a3 b4 c5 d6 e7}. */
  private static String toVmware(UUID uuid) {
    String hex =
        HexFormat.of().toHexDigits(uuid.getMostSignificantBits())
            + HexFormat.of().toHexDigits(uuid.getLeastSignificantBits());
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < hex.length(); i += 2) {
      text.append(i == 0 ? "" : i == 16 ? "-" : " ").append(hex, i, i + 2);
    }
    return text.toString();
  }
}
