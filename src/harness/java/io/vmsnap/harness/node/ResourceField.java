package io.vmsnap.harness.node;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceFieldSelector;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;

/** {@code resourceFieldRef}: a container's own requests and limits, in units of the divisor. */
final class ResourceField {
  private ResourceField() {}

  /**
   * @throws PodNotReadyException if the field is no request or limit, or the container has none
   */
  static String value(Container container, ResourceFieldSelector selector)
      throws PodNotReadyException {
    String[] parts = selector.getResource().split("\\.", 2);
    var resources = container.getResources();
    Map<String, Quantity> amounts =
        resources == null || parts.length < 2
            ? null
            : parts[0].equals("limits") ? resources.getLimits() : resources.getRequests();
    Quantity amount = amounts == null ? null : amounts.get(parts[1]);
    if (amount == null) {
      throw new PodNotReadyException(
          "CreateContainerConfigError",
          "resourceFieldRef \"" + selector.getResource() + "\": the container has no such amount");
    }
    BigDecimal divisor =
        selector.getDivisor() == null ? BigDecimal.ONE : selector.getDivisor().getNumericalAmount();
    if (divisor.signum() == 0) {
      divisor = BigDecimal.ONE;
    }
    return amount.getNumericalAmount().divide(divisor, 0, RoundingMode.CEILING).toPlainString();
  }
}
