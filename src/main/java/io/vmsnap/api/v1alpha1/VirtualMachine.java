package io.vmsnap.api.v1alpha1;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** A QEMU virtual machine whose files lie in a directory on a volume. */
@Group(ApiGroup.NAME)
@Version(ApiGroup.VERSION)
@Plural("virtualmachines")
@Singular("virtualmachine")
@ShortNames("vmx")
@Categories(ApiGroup.CATEGORY)
@ValidationRule(
    value =
        "self.metadata.name.size() <= "
            + Names.MAX_VM_NAME
            + " && self.metadata.name.matches('"
            + Names.DNS_LABEL
            + "')",
    message =
        "metadata.name becomes a file name: at most 50 lower-case letters, digits and hyphens, no"
            + " dots")
@ValidationRule(
    value = "!self.metadata.name.matches('" + Names.LOOKS_LIKE_A_DISK_FILE + "')",
    message =
        "metadata.name must not end like a disk file: in a hyphen and six digits, or in -flat,"
            + " -delta or -ctk")
@AdditionalPrinterColumn(
    name = "Power",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.powerState")
@AdditionalPrinterColumn(
    name = "Ready",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].status")
@AdditionalPrinterColumn(
    name = "Status",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason")
@AdditionalPrinterColumn(
    name = "CPUs",
    type = AdditionalPrinterColumn.Type.INTEGER,
    jsonPath = ".spec.hardware.cpus")
@AdditionalPrinterColumn(
    name = "Memory",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".spec.hardware.memory")
@AdditionalPrinterColumn(
    name = "Snapshot",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.currentSnapshot.name")
@AdditionalPrinterColumn(
    name = "Deltas",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.directory.deltas")
@AdditionalPrinterColumn(
    name = "Free",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.directory.free")
@AdditionalPrinterColumn(
    name = "Age",
    type = AdditionalPrinterColumn.Type.DATE,
    jsonPath = ".metadata.creationTimestamp")
@AdditionalPrinterColumn(
    name = "Agent",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.conditions[?(@.type==\"GuestAgentConnected\")].status",
    priority = 1)
@AdditionalPrinterColumn(
    name = "Accelerator",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.accelerator",
    priority = 1)
@AdditionalPrinterColumn(
    name = "Node",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.node",
    priority = 1)
@AdditionalPrinterColumn(
    name = "Operation",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.operation.step",
    priority = 1)
public class VirtualMachine extends CustomResource<VirtualMachineSpec, VirtualMachineStatus>
    implements Namespaced {

  /** Records have no empty instance to begin with. */
  @Override
  protected VirtualMachineSpec initSpec() {
    return null;
  }

  @Override
  protected VirtualMachineStatus initStatus() {
    return null;
  }
}
