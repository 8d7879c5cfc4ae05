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

/** Takes snapshots of machines at set times, and lets old ones go. */
@Group(ApiGroup.NAME)
@Version(ApiGroup.VERSION)
@Kind("VMSnapshotSchedule")
@Plural("vmsnapshotschedules")
@Singular("vmsnapshotschedule")
@ShortNames("vmsched")
@Categories(ApiGroup.CATEGORY)
@ValidationRule(
    value =
        "self.metadata.name.size() <= "
            + Names.MAX_SCHEDULE_NAME
            + " && self.metadata.name.matches('"
            + Names.DNS_LABEL
            + "')",
    message =
        "metadata.name becomes part of snapshots' names: at most 52 lower-case letters, digits and"
            + " hyphens, no dots")
@AdditionalPrinterColumn(
    name = "Schedule",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".spec.schedule")
@AdditionalPrinterColumn(
    name = "Zone",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".spec.timeZone")
@AdditionalPrinterColumn(
    name = "Suspend",
    type = AdditionalPrinterColumn.Type.BOOLEAN,
    jsonPath = ".spec.suspend")
@AdditionalPrinterColumn(
    name = "VMs",
    type = AdditionalPrinterColumn.Type.INTEGER,
    jsonPath = ".status.machines")
@AdditionalPrinterColumn(
    name = "Active",
    type = AdditionalPrinterColumn.Type.INTEGER,
    jsonPath = ".status.active")
@AdditionalPrinterColumn(
    name = "Kept",
    type = AdditionalPrinterColumn.Type.INTEGER,
    jsonPath = ".status.kept")
@AdditionalPrinterColumn(
    name = "Last",
    type = AdditionalPrinterColumn.Type.DATE,
    jsonPath = ".status.lastScheduleTime")
@AdditionalPrinterColumn(
    name = "Next",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.nextScheduleTime")
@AdditionalPrinterColumn(
    name = "Ready",
    type = AdditionalPrinterColumn.Type.STRING,
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].status",
    priority = 1)
@AdditionalPrinterColumn(
    name = "Age",
    type = AdditionalPrinterColumn.Type.DATE,
    jsonPath = ".metadata.creationTimestamp")
public class VMSnapshotSchedule
    extends CustomResource<VMSnapshotScheduleSpec, VMSnapshotScheduleStatus> implements Namespaced {

  /** Records have no empty instance to begin with. */
  @Override
  protected VMSnapshotScheduleSpec initSpec() {
    return null;
  }

  @Override
  protected VMSnapshotScheduleStatus initStatus() {
    return null;
  }
}
