package io.vmsnap.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** Where the machine's files lie. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "has(self.claimName) != has(self.claimTemplate)",
    message = "give exactly one of claimName and claimTemplate")
@ValidationRule(
    value = "!has(self.reclaimPolicy) || self.reclaimPolicy != 'Delete' || has(self.claimTemplate)",
    message = "reclaimPolicy Delete needs a claimTemplate: a given claim is never deleted")
@ValidationRule(
    value =
        "has(self.claimName) == has(oldSelf.claimName) && (!has(self.claimName) || self.claimName"
            + " == oldSelf.claimName)",
    message = "claimName is immutable: the machine's disks are on that volume")
@ValidationRule(
    value = "has(self.path) == has(oldSelf.path) && (!has(self.path) || self.path == oldSelf.path)",
    message = "path is immutable: the machine's disks are there")
@JsonIgnoreProperties(ignoreUnknown = true)
public record Directory(
    @JsonPropertyDescription(
            "Name of an existing PersistentVolumeClaim. It is never deleted by the operator.")
        @Pattern(CLAIM_NAME)
        @Size(max = 253)
        String claimName,
    @JsonPropertyDescription(
            "Makes a claim named <machine>-directory, or takes it over where an earlier machine of"
                + " that name left one. It holds the machine's disks, so it stays when the machine is"
                + " deleted, unless reclaimPolicy is Delete.")
        ClaimTemplate claimTemplate,
    @JsonPropertyDescription(
            "Directory in the volume, such as 'vms/web'. Without it: the root of the volume. No"
                + " part may begin with a dot.")
        @Pattern(Names.RELATIVE_PATH)
        @Size(max = 255)
        String path,
    @JsonPropertyDescription(
            "What becomes of a claim made from claimTemplate when the machine is deleted. Retain:"
                + " it stays with all disks. Delete: Kubernetes removes it, and everything in it is"
                + " lost.")
        @Default("Retain")
        ReclaimPolicy reclaimPolicy,
    @JsonPropertyDescription(
            "Adopts a directory of ESXi, Workstation or Fusion at the first power-on: its disks and"
                + " snapshots become the machine's. The one .vmx in it may have any name; the disks"
                + " of the spec are the .vmx's, in its order, and a source.path names the one it"
                + " means. VMware's files change only after every copy is proven by SHA-256, and"
                + " stay in .vmsnap/adopted. Nothing happens to a directory that is vmsnap's"
                + " already, so the field may stay.")
        Boolean adopt) {

  public static final String CLAIM_NAME = "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$";

  public Directory {
    reclaimPolicy = reclaimPolicy == null ? ReclaimPolicy.Retain : reclaimPolicy;
  }

  /** What becomes of the claim when the machine is deleted. */
  public enum ReclaimPolicy {
    Retain,
    Delete
  }

  /** The claim that the operator makes. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @ValidationRule(
      value =
          "(self.size.endsWith('Ti') ? 1048576 : self.size.endsWith('Gi') ? 1024 : 1)"
              + " * int(self.size.substring(0, self.size.size() - 2)) >= "
              + "(oldSelf.size.endsWith('Ti') ? 1048576 : oldSelf.size.endsWith('Gi') ? 1024 : 1)"
              + " * int(oldSelf.size.substring(0, oldSelf.size.size() - 2))",
      message = "size cannot shrink")
  @ValidationRule(
      value =
          "has(self.storageClassName) == has(oldSelf.storageClassName) &&"
              + " (!has(self.storageClassName) || self.storageClassName =="
              + " oldSelf.storageClassName)",
      message = "storageClassName is immutable")
  @ValidationRule(
      value = "self.accessModes == oldSelf.accessModes",
      message = "accessModes is immutable")
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record ClaimTemplate(
      @JsonPropertyDescription(
              "Size of the claim, in Mi, Gi or Ti. Plan 20 % above the disks' sizes for snapshots,"
                  + " and the RAM's size for each snapshot with memory. It may grow where the"
                  + " storage class can expand volumes.")
          @Default(DEFAULT_SIZE)
          @Pattern(BinarySize.PATTERN)
          @Size(max = BinarySize.MAX_LENGTH)
          String size,
      @JsonPropertyDescription("Storage class. Without it: the cluster's default class.")
          @Pattern(CLAIM_NAME)
          @Size(max = 253)
          String storageClassName,
      @JsonPropertyDescription("Access modes of the claim.")
          @Default("[\"ReadWriteOnce\"]")
          @Size(min = 1, max = 2)
          List<AccessMode> accessModes) {

    public static final String DEFAULT_SIZE = "20Gi";

    public ClaimTemplate {
      size = size == null ? DEFAULT_SIZE : size;
      accessModes =
          accessModes == null || accessModes.isEmpty()
              ? List.of(AccessMode.ReadWriteOnce)
              : List.copyOf(accessModes);
    }
  }

  /**
   * Modes in which a runner and a job on the same node can both mount the volume. ReadWriteOncePod
   * is missing because it admits one pod only.
   */
  public enum AccessMode {
    ReadWriteOnce,
    ReadWriteMany
  }
}
