package io.vmsnap.operator.dependent;

import io.vmsnap.api.v1alpha1.Labels;
import java.util.LinkedHashMap;
import java.util.Map;

/** The labels that every child has; in one order, so that equal objects are equal texts. */
final class ChildLabels {
  private ChildLabels() {}

  static Map<String, String> of(String vmName, String component) {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put(Labels.MANAGED_BY, Labels.MANAGED_BY_VALUE);
    labels.put(Labels.VM_NAME, vmName);
    labels.put(Labels.COMPONENT, component);
    return labels;
  }
}
