package io.vmsnap.hypervisor.commandline;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmsnap.hypervisor.BlockNode;
import io.vmsnap.hypervisor.DiskAttachment;
import io.vmsnap.hypervisor.DiskLayer;
import io.vmsnap.hypervisor.Firmware;
import io.vmsnap.hypervisor.HardwareProfile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/**
 * QEMU's arguments for a machine. A pure function: the same configuration gives the same arguments,
 * so a machine whose RAM was saved can be built again bit for bit.
 *
 * <p>Values that come from users appear only as whole arguments or inside JSON. QEMU's older {@code
 * key=value,...} syntax is used for constants and for values whose pattern excludes the comma.
 */
public final class QemuCommandLine {
  /** Name of the port by which guests find the agent's channel (qemu-ga's default). */
  private static final String AGENT_PORT = "org.qemu.guest_agent.0";

  /** QEMU's own name for the RAM of a PC. */
  private static final String MAIN_RAM = "pc.ram";

  /** Limit of virtio-blk's serial number ({@code VIRTIO_BLK_ID_BYTES}). */
  private static final int MAX_SERIAL_BYTES = 20;

  // Places on the PCI bus are fixed, so that a guest finds its devices again whatever is added.
  private static final String NETWORK_SLOT = "02.0";
  private static final String SERIAL_BUS_SLOT = "03.0";
  private static final String RNG_SLOT = "04.0";
  private static final int FIRST_DISK_SLOT = 8;
  private static final int FUNCTIONS_PER_SLOT = 8;
  private static final int MAX_DISKS = 16 * FUNCTIONS_PER_SLOT;

  private final MachineConfiguration machine;
  private final HardwareProfile hardware;
  private final List<String> arguments = new ArrayList<>();

  private QemuCommandLine(MachineConfiguration machine) {
    this.machine = machine;
    this.hardware = machine.hardware();
  }

  /** The arguments that follow the name of the program. */
  public static List<String> arguments(MachineConfiguration machine) {
    if (machine.disks().size() > MAX_DISKS) {
      throw new IllegalArgumentException(
          machine.disks().size() + " disks; " + MAX_DISKS + " are possible");
    }
    return new QemuCommandLine(machine).build();
  }

  private List<String> build() {
    arguments.addAll(List.of("-no-user-config", "-nodefaults", "-display", "none"));
    machine();
    monitors();
    console();
    guestAgent();
    rng();
    network();
    for (int index = 0; index < machine.disks().size(); index++) {
      disk(machine.disks().get(index), index);
    }
    boot();
    return List.copyOf(arguments);
  }

  private void machine() {
    add("-name", "guest=" + hardware.name().replace(",", ",,"));
    add("-uuid", hardware.uuid().toString());
    StringBuilder type =
        new StringBuilder(hardware.machineType())
            .append(",vmport=off,hpet=off,memory-backend=")
            .append(MAIN_RAM);
    if (hardware.firmware() == Firmware.EFI) {
      pflash("efi-code", machine.efi().code(), true);
      pflash("efi-variables", machine.efiVariables(), false);
      type.append(",pflash0=efi-code,pflash1=efi-variables");
    }
    memory();
    add("-machine", type.toString());
    add("-accel", hardware.accelerator().qemuName());
    add("-cpu", hardware.cpuModel());
    add("-smp", "cpus=" + hardware.cpus());
    add("-m", "size=" + hardware.memoryBytes() + "b");
    add("-rtc", "base=utc,driftfix=slew");
    add("-device", device("vmgenid", "vmgenid").put("guid", hardware.generationId().toString()));
  }

  /**
   * The RAM has the name under which QEMU would make it by itself: a stream of saved memory knows
   * its blocks by their names, and a mapped file can take this one's place.
   */
  private void memory() {
    IncomingMemory incoming = machine.incoming();
    boolean mapped = incoming != null && incoming.mappedFile() != null;
    ObjectNode ram =
        object()
            .put("qom-type", mapped ? "memory-backend-file" : "memory-backend-ram")
            .put("id", MAIN_RAM)
            .put("size", hardware.memoryBytes());
    if (mapped) {
      // Private and writable over a file that is only read: pages come in as the guest touches
      // them, and what it writes stays in memory.
      ram.put("mem-path", incoming.mappedFile().toString())
          .put("offset", incoming.pagesOffset())
          .put("share", false)
          .put("readonly", true)
          .put("rom", "off");
    }
    add("-object", ram);
    if (incoming != null) {
      add("-incoming", "defer");
      arguments.add("-S");
    }
  }

  private void pflash(String node, Path file, boolean readOnly) {
    ObjectNode options = object();
    options.put("driver", "raw").put("node-name", node).put("read-only", readOnly);
    // A revert has two machines up for a moment, and only the one that runs writes its variables;
    // that no second runner has the directory is held by the runner's lock.
    options
        .putObject("file")
        .put("driver", "file")
        .put("filename", file.toString())
        .put("locking", "off");
    add("-blockdev", options);
  }

  private void monitors() {
    monitor("qmp-runner", machine.sockets().runnerMonitor());
    monitor("qmp-job", machine.sockets().jobMonitor());
  }

  private void monitor(String id, Path socket) {
    listen(id, socket);
    add("-mon", "chardev=" + id + ",mode=control");
  }

  /** The first serial port goes to standard output: no listener can come too late for a line. */
  private void console() {
    add("-chardev", "stdio,id=console,signal=off");
    add("-device", device("isa-serial", "serial0").put("chardev", "console"));
  }

  private void guestAgent() {
    add("-device", device("virtio-serial-pci", "virtio-serial").put("addr", SERIAL_BUS_SLOT));
    listen("qga", machine.sockets().guestAgent());
    add(
        "-device",
        device("virtserialport", "guest-agent")
            .put("bus", "virtio-serial.0")
            .put("nr", 1)
            .put("chardev", "qga")
            .put("name", AGENT_PORT));
  }

  private void rng() {
    add("-object", object().put("qom-type", "rng-builtin").put("id", "rng"));
    add("-device", device("virtio-rng-pci", "virtio-rng").put("rng", "rng").put("addr", RNG_SLOT));
  }

  private void network() {
    ObjectNode user = object().put("type", "user").put("id", "net0");
    if (!machine.ports().isEmpty()) {
      ArrayNode forwards = user.putArray("hostfwd");
      for (PortForward port : machine.ports()) {
        forwards
            .addObject()
            .put(
                "str",
                "%s:%s:%d-:%d"
                    .formatted(
                        port.protocol().name().toLowerCase(Locale.ROOT),
                        machine.hostAddress(),
                        port.port(),
                        port.port()));
      }
    }
    add("-netdev", user);
    add(
        "-device",
        device("virtio-net-pci", "nic0")
            .put("netdev", "net0")
            .put("mac", macAddress(hardware.uuid()))
            .put("romfile", "")
            .put("addr", NETWORK_SLOT));
  }

  private void disk(DiskAttachment disk, int index) {
    String below = null;
    for (DiskLayer layer : disk.layers()) {
      boolean active = layer == disk.layers().getLast();
      add("-blockdev", BlockNode.options(layer, below, !active));
      below = layer.nodeName();
    }
    int function = index % FUNCTIONS_PER_SLOT;
    add(
        "-device",
        device("virtio-blk-pci", disk.deviceId())
            .put("drive", below)
            .put(
                "addr", "%02x.%x".formatted(FIRST_DISK_SLOT + index / FUNCTIONS_PER_SLOT, function))
            .put("multifunction", function == 0)
            .put("serial", cut(disk.serial()))
            .put("bootindex", index + 1)
            // A full volume must stop the guest, not reach its file systems as a broken disk.
            .put("werror", "stop")
            .put("rerror", "report"));
  }

  private void boot() {
    add("-boot", "strict=on");
    DirectBoot boot = machine.boot();
    if (boot == null) {
      return;
    }
    add("-kernel", boot.kernel().toString());
    if (boot.initrd() != null) {
      // QEMU splits only the initrd of multiboot kernels at commas.
      add("-initrd", boot.initrd().toString());
    }
    if (boot.commandLine() != null && !boot.commandLine().isBlank()) {
      add("-append", boot.commandLine());
    }
  }

  /** A locally administered address that stays the same for the life of the machine. */
  private static String macAddress(UUID uuid) {
    long bits = uuid.getMostSignificantBits() ^ uuid.getLeastSignificantBits();
    return "52:54:00:%02x:%02x:%02x"
        .formatted((bits >> 16) & 0xff, (bits >> 8) & 0xff, bits & 0xff);
  }

  private static String cut(String serial) {
    byte[] bytes = serial.getBytes(StandardCharsets.US_ASCII);
    return new String(
        bytes, 0, Math.min(bytes.length, MAX_SERIAL_BYTES), StandardCharsets.US_ASCII);
  }

  private void listen(String id, Path socket) {
    add(
        "-chardev",
        "socket,id="
            + id
            + ",path="
            + socket.toString().replace(",", ",,")
            + ",server=on,wait=off");
  }

  private static ObjectNode device(String driver, String id) {
    return object().put("driver", driver).put("id", id);
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private void add(String option, Object value) {
    arguments.add(option);
    arguments.add(value.toString());
  }
}
