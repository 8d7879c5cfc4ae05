package io.vmsnap.operator.polling;

import io.vmsnap.task.RunnerStatus;

/** What a machine's runner said when it was last asked. */
public sealed interface RunnerAnswer {
  /** The pod that was asked: an answer says nothing about the pod that follows it. */
  String podUid();

  /** It told its state. */
  record Told(String podUid, RunnerStatus status) implements RunnerAnswer {}

  /** It did not answer; {@code why} is for people. */
  record Silent(String podUid, String why) implements RunnerAnswer {}
}
