package io.vmsnap.api.v1alpha1;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** A snapshot of a virtual machine's disks, and on request of its memory. */
@Group(ApiGroup.NAME)
@Version(ApiGroup.VERSION)
@Kind("VMSnapshot")
@Plural("vmsnapshots")
@Singular("vmsnapshot")
@ShortNames("vmsnap")
@Categories(ApiGroup.CATEGORY)
@ValidationRule(
    value =
        "self.metadata.name.size() <= "
            + Names.MAX_SNAPSHOT_NAME
            + " && self.metadata.name.matches('"
            + Names.DNS_LABEL
            + "')",
    message =
        "metadata.name becomes the snapshot's name: at most 63 lower-case letters, digits and"
            + " hyphens, no dots")
@AdditionalPrinterColumn(
    name = "VM",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".spec.vmName")
@AdditionalPrinterColumn(
    name = "Phase",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.phase")
@AdditionalPrinterColumn(
    name = "Ready",
    type = AdditionalPrinterColumn.Type.BOOLEAN,
    jsonPath = ".status.readyToUse")
@AdditionalPrinterColumn(
    name = "Status",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason")
@AdditionalPrinterColumn(
    name = "Consistency",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.consistency")
@AdditionalPrinterColumn(
    name = "Parent",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.parent")
@AdditionalPrinterColumn(
    name = "Current",
    type = AdditionalPrinterColumn.Type.BOOLEAN,
    jsonPath = ".status.current")
@AdditionalPrinterColumn(
    name = "Size",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.storage.used")
@AdditionalPrinterColumn(
    name = "Age",
    type = AdditionalPrinterColumn.Type.DATE,
    jsonPath = ".metadata.creationTimestamp")
@AdditionalPrinterColumn(
    name = "UID",
    type = AdditionalPrinterColumn.Type.INTEGER,
    jsonPath = ".status.uid",
    priority = 1)
@AdditionalPrinterColumn(
    name = "Step",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.progress.step",
    priority = 1)
@AdditionalPrinterColumn(
    name = "Stun(ms)",
    type = AdditionalPrinterColumn.Type.NUMBER,
    jsonPath = ".status.timing.stunMillis",
    priority = 1)
@AdditionalPrinterColumn(
    name = "Description",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".spec.description",
    priority = 1)
public class VMSnapshot extends CustomResource<VMSnapshotSpec, VMSnapshotStatus>
    implements Namespaced {

  /** Records have no empty instance to begin with. */
  @Override
  protected VMSnapshotSpec initSpec() {
    return null;
  }

  @Override
  protected VMSnapshotStatus initStatus() {
    return null;
  }
}
