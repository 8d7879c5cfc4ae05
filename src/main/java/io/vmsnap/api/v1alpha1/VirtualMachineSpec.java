package io.vmsnap.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** The virtual machine as its owner wants it. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record VirtualMachineSpec(
    @JsonPropertyDescription(
            "PoweredOn keeps a pod with the machine running; PoweredOff asks the guest to shut down"
                + " and removes the pod. Suspended saves the memory of a running machine and removes"
                + " the pod; PoweredOn goes on from there.")
        @Default("PoweredOn")
        PowerState powerState,
    @JsonPropertyDescription(
            "The virtual hardware. Changes take effect at the next power-on; until then the"
                + " condition RestartRequired is True.")
        @Default("{}")
        Hardware hardware,
    @Required
        @JsonPropertyDescription(
            "The VM directory: a directory on a volume that holds all files of this machine.")
        Directory directory,
    @Required
        @JsonPropertyDescription(
            "The disks, in the order of their places on the controller. A disk can be added at the"
                + " end; none can be removed.")
        @Size(min = 1, max = Disk.MAX_COUNT)
        @ValidationRule(
            value =
                "oldSelf.map(d, d.name) + self.filter(d, !oldSelf.exists(o, o.name =="
                    + " d.name)).map(d, d.name) == self.map(d, d.name)",
            message =
                "disks keep their names and order: one can be added at the end, none removed,"
                    + " renamed or moved")
        List<Disk> disks,
    @JsonPropertyDescription(
            "Boots a kernel directly, as QEMU's -kernel does. Without it the first disk boots.")
        Boot boot,
    @JsonPropertyDescription("How the guest is reached.") @Default("{}") Network network,
    @JsonPropertyDescription(
            "Offers the channel of the QEMU guest agent to the guest. The condition"
                + " GuestAgentConnected tells whether an agent answers.")
        @Default("true")
        Boolean guestAgent,
    @JsonPropertyDescription("Limits for snapshots of this machine.") @Default("{}")
        SnapshotPolicy snapshotPolicy) {

  public VirtualMachineSpec {
    powerState = powerState == null ? PowerState.PoweredOn : powerState;
    hardware = hardware == null ? Hardware.defaults() : hardware;
    disks = disks == null ? List.of() : List.copyOf(disks);
    network = network == null ? new Network(null) : network;
    guestAgent = guestAgent == null ? Boolean.TRUE : guestAgent;
    snapshotPolicy =
        snapshotPolicy == null ? new SnapshotPolicy(null, null, null, null, null) : snapshotPolicy;
  }

  /** Direct kernel boot. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Boot(
      @Required
          @JsonPropertyDescription("Kernel image, relative to the machine's directory.")
          @Pattern(Names.RELATIVE_PATH)
          @Size(min = 1, max = 255)
          String kernel,
      @JsonPropertyDescription("Initial RAM disk, relative to the machine's directory.")
          @Pattern(Names.RELATIVE_PATH)
          @Size(min = 1, max = 255)
          String initrd,
      @JsonPropertyDescription("Kernel command line, such as 'console=ttyS0 root=/dev/vda1'.")
          @Size(max = 2048)
          String cmdline) {}

  /** Networking of the guest. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Network(
      @JsonPropertyDescription("Guest ports that are reachable on the pod's address.")
          @Default("[]")
          @Size(max = 64)
          List<Port> ports) {
    public Network {
      ports = ports == null ? List.of() : List.copyOf(ports);
    }
  }

  /** A guest port that the pod passes on. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Port(
      @JsonPropertyDescription("Name of the port, for Services to refer to.")
          @Pattern("^[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$")
          @Size(max = 15)
          String name,
      @Required
          @JsonPropertyDescription(
              "Port number, the same in the guest and on the pod. 8093 is the runner's own.")
          @Min(1)
          @Max(65535)
          @ValidationRule(
              value = "self != 8093",
              message = "port 8093 is taken by the runner's own HTTP server")
          Integer port,
      @JsonPropertyDescription("TCP or UDP.") @Default("TCP") Protocol protocol) {
    public Port {
      protocol = protocol == null ? Protocol.TCP : protocol;
    }
  }

  /** Transport of a port. */
  public enum Protocol {
    TCP,
    UDP
  }

  /** What a snapshot must leave intact. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record SnapshotPolicy(
      @JsonPropertyDescription(
              "Longest chain of snapshots. VMware allows 32 and advises two or three.")
          @Default("32")
          @Min(1)
          @Max(32)
          Integer maxDepth,
      @JsonPropertyDescription(
              "Free space that a snapshot must leave on the volume, in percent of the total size of"
                  + " the machine's disks.")
          @Default("20")
          @Min(0)
          @Max(100)
          Integer reservePercent,
      @JsonPropertyDescription(
              "Most snapshots in the directory, over all branches; a new one is refused beyond.")
          @Default("64")
          @Min(1)
          @Max(1024)
          Integer maxSnapshots,
      @JsonPropertyDescription(
              "Most data that a deletion copies in a second, in Mi, Gi or Ti, so that the guest"
                  + " keeps its share of the volume. Without it: no limit.")
          @Pattern(BinarySize.PATTERN)
          @Size(max = BinarySize.MAX_LENGTH)
          String consolidateBandwidth,
      @JsonPropertyDescription(
              "Age of a snapshot in hours from which the condition SnapshotsOld warns; VMware advises"
                  + " to keep none longer than 72.")
          @Default("72")
          @Min(1)
          @Max(87600)
          Integer warnAfterHours) {
    public SnapshotPolicy {
      maxSnapshots = maxSnapshots == null ? Integer.valueOf(64) : maxSnapshots;
      maxDepth = maxDepth == null ? Integer.valueOf(32) : maxDepth;
      reservePercent = reservePercent == null ? Integer.valueOf(20) : reservePercent;
      warnAfterHours = warnAfterHours == null ? Integer.valueOf(72) : warnAfterHours;
    }
  }
}
