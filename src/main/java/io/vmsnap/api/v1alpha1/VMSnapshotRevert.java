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

/** Returns a virtual machine to a snapshot, once. */
@Group(ApiGroup.NAME)
@Version(ApiGroup.VERSION)
@Kind("VMSnapshotRevert")
@Plural("vmsnapshotreverts")
@Singular("vmsnapshotrevert")
@ShortNames("vmrevert")
@Categories(ApiGroup.CATEGORY)
@ValidationRule(
    value =
        "self.metadata.name.size() <= "
            + Names.MAX_REVERT_NAME
            + " && self.metadata.name.matches('"
            + Names.DNS_LABEL
            + "')",
    message =
        "metadata.name becomes part of the saved snapshot's name: at most 57 lower-case letters,"
            + " digits and hyphens, no dots")
@AdditionalPrinterColumn(
    name = "VM",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".spec.vmName")
@AdditionalPrinterColumn(
    name = "Snapshot",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".spec.snapshotName")
@AdditionalPrinterColumn(
    name = "Phase",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.phase")
@AdditionalPrinterColumn(
    name = "Status",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason")
@AdditionalPrinterColumn(
    name = "Power",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.powerStateAfter")
@AdditionalPrinterColumn(
    name = "Discarded",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.discarded")
@AdditionalPrinterColumn(
    name = "Age",
    type = AdditionalPrinterColumn.Type.DATE,
    jsonPath = ".metadata.creationTimestamp")
@AdditionalPrinterColumn(
    name = "Saved",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.savedSnapshot",
    priority = 1)
@AdditionalPrinterColumn(
    name = "Running(ms)",
    type = AdditionalPrinterColumn.Type.NUMBER,
    jsonPath = ".status.timing.runningMillis",
    priority = 1)
public class VMSnapshotRevert extends CustomResource<VMSnapshotRevertSpec, VMSnapshotRevertStatus>
    implements Namespaced {

  /** Records have no empty instance to begin with. */
  @Override
  protected VMSnapshotRevertSpec initSpec() {
    return null;
  }

  @Override
  protected VMSnapshotRevertStatus initStatus() {
    return null;
  }
}
