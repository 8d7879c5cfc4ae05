package io.vmsnap.harness.controlplane;

import java.nio.file.Path;
import java.util.stream.Collectors;

/** A JVM with a control plane, to be killed by {@link ControlPlaneIT}. */
final class ControlPlaneVictim {
  private ControlPlaneVictim() {}

  public static void main(String... args) throws InterruptedException {
    ControlPlane controlPlane = new ControlPlane(ControlPlaneBinaries.find(), Path.of(args[0]));
    controlPlane.start();
    System.out.println(
        controlPlane.pids().stream().map(String::valueOf).collect(Collectors.joining(" ")));
    Thread.currentThread().join();
  }
}
