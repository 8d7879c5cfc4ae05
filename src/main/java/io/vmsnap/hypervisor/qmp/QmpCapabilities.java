package io.vmsnap.hypervisor.qmp;

import com.fasterxml.jackson.databind.JsonNode;

/** Ends the negotiation; out-of-band execution is not asked for. */
record QmpCapabilities() implements QmpCommand<Void> {
  @Override
  public String name() {
    return "qmp_capabilities";
  }

  @Override
  public boolean isQuery() {
    return true;
  }

  @Override
  public Void parse(JsonNode answer) {
    return null;
  }
}
