package io.vmsnap.harness.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.vmsnap.harness.cluster.Cluster;
import io.vmsnap.harness.cluster.ClusterNamespace;
import io.vmsnap.harness.cluster.ClusterTest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What pods may expect of the local node, on a real API server. */
@ClusterTest(operator = false)
@Timeout(120)
class LocalNodeIT {
  private KubernetesClient client;
  private Path kubeconfig;
  private String namespace;

  @BeforeEach
  void setUp(Cluster cluster, ClusterNamespace own) {
    client = cluster.client();
    kubeconfig = cluster.kubeconfig();
    namespace = own.name();
  }

  @Test
  void runsACommandAndReportsItsEnd() throws Exception {
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: hello, labels: {app: hello}}
        spec:
          restartPolicy: Never
          automountServiceAccountToken: false
          containers:
          - name: main
            image: none
            command: [sh, -c]
            args: ['echo "$(GREETING) from $POD_IP"; echo done for now >/dev/termination-log; exit 3']
            env:
            - {name: WHO, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}
            - {name: GREETING, value: hello $(WHO)}
            - {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
        """);
    Pod pod = awaitPod("hello", p -> p.getStatus().getPhase().equals("Failed"));
    ContainerStatus status = pod.getStatus().getContainerStatuses().getFirst();
    assertThat(status.getState().getTerminated().getExitCode()).isEqualTo(3);
    assertThat(status.getState().getTerminated().getReason()).isEqualTo("Error");
    assertThat(status.getState().getTerminated().getMessage()).isEqualTo("done for now\n");
    assertThat(pod.getStatus().getPodIP()).startsWith("127.");
    assertThat(kubectl("logs", "hello"))
        .isEqualTo("hello hello from " + pod.getStatus().getPodIP() + "\n");
    assertThat(kubectl("get", "events")).contains("Scheduled").contains("Started container main");
  }

  @Test
  void initContainersRunFirstAndShareVolumes() throws Exception {
    client
        .resource(
            """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: settings}
            data: {colour: green}
            """)
        .inNamespace(namespace)
        .create();
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: init}
        spec:
          restartPolicy: Never
          volumes:
          - {name: work, emptyDir: {}}
          - {name: settings, configMap: {name: settings}}
          initContainers:
          - {name: one, image: none, command: [sh, -c, 'sleep 0.2; echo one >/work/order'],
             volumeMounts: [{name: work, mountPath: /work}]}
          - {name: two, image: none, command: [sh, -c, 'echo two >>/work/order'],
             volumeMounts: [{name: work, mountPath: /work}]}
          containers:
          - name: main
            image: none
            workingDir: /work
            command: [sh, -c, 'cat order /etc/settings/colour; echo; echo $COLOUR']
            env: [{name: COLOUR, valueFrom: {configMapKeyRef: {name: settings, key: colour}}}]
            volumeMounts:
            - {name: work, mountPath: /work}
            - {name: settings, mountPath: /etc/settings}
        """);
    awaitPod("init", p -> p.getStatus().getPhase().equals("Succeeded"));
    assertThat(kubectl("logs", "init")).isEqualTo("one\ntwo\ngreen\ngreen\n");
  }

  @Test
  void aJobCompletesAfterARetry() {
    apply(
        """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: work}
        spec:
          backoffLimit: 2
          template:
            spec:
              restartPolicy: OnFailure
              volumes: [{name: state, emptyDir: {}}]
              containers:
              - name: main
                image: none
                command: [sh, -c, 'test -f /state/tried && exit 0; touch /state/tried; exit 1']
                volumeMounts: [{name: state, mountPath: /state}]
        """);
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              Job job = client.batch().v1().jobs().inNamespace(namespace).withName("work").get();
              return Integer.valueOf(1).equals(job.getStatus().getSucceeded());
            });
    Pod pod = client.pods().inNamespace(namespace).list().getItems().getFirst();
    assertThat(pod.getStatus().getContainerStatuses().getFirst().getRestartCount()).isEqualTo(1);
  }

  @Test
  void aClaimKeepsItsDataAndGoesWithItsDirectory(Cluster cluster) throws Exception {
    apply(
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: data}
        spec:
          accessModes: [ReadWriteOnce]
          resources: {requests: {storage: 64Mi}}
        """);
    applyPodWithClaim("writer", "echo kept >/data/file");
    awaitPod("writer", p -> p.getStatus().getPhase().equals("Succeeded"));
    kubectl("delete", "pod", "writer");
    applyPodWithClaim("reader", "cat /data/file");
    awaitPod("reader", p -> p.getStatus().getPhase().equals("Succeeded"));
    assertThat(kubectl("logs", "reader")).isEqualTo("kept\n");

    PersistentVolumeClaim claim =
        client.persistentVolumeClaims().inNamespace(namespace).withName("data").get();
    assertThat(claim.getSpec().getStorageClassName()).isEqualTo("standard");
    assertThat(claim.getStatus().getCapacity().get("storage").toString()).isEqualTo("64Mi");
    Path directory = cluster.claimDirectory(namespace, "data").orElseThrow();
    assertThat(directory.resolve("file")).hasContent("kept");

    kubectl("delete", "pod", "reader");
    kubectl("delete", "pvc", "data");
    await().atMost(Duration.ofSeconds(60)).until(() -> !Files.exists(directory));
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                client.persistentVolumes().withName(claim.getSpec().getVolumeName()).get() == null);
  }

  @Test
  void aVolumeMadeByHandWorksToo() throws Exception {
    Path directory = Files.createTempDirectory("by-hand");
    Files.writeString(directory.resolve("file"), "from outside\n");
    String name = namespace + "-pv";
    client
        .resource(
            """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: %s}
            spec:
              capacity: {storage: 1Gi}
              accessModes: [ReadWriteOnce]
              storageClassName: ""
              persistentVolumeReclaimPolicy: Retain
              hostPath: {path: %s}
              claimRef: {namespace: %s, name: data}
            """
                .formatted(name, directory, namespace))
        .create();
    apply(
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: data}
        spec:
          storageClassName: ""
          volumeName: %s
          accessModes: [ReadWriteOnce]
          resources: {requests: {storage: 1Gi}}
        """
            .formatted(name));
    applyPodWithClaim("reader", "cat /data/file");
    awaitPod("reader", p -> p.getStatus().getPhase().equals("Succeeded"));
    assertThat(kubectl("logs", "reader")).isEqualTo("from outside\n");
    client.persistentVolumes().withName(name).delete();
  }

  @Test
  void deletionGivesGraceAndEndsStubbornOnes() throws Exception {
    Path trace = Files.createTempFile("trace", ".txt");
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: polite}
        spec:
          terminationGracePeriodSeconds: 20
          containers:
          - name: main
            image: none
            command: [sh, -c]
            args: ['trap "echo asked >%s; exit 0" TERM; echo up; while :; do sleep 0.1; done']
        """
            .formatted(trace));
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: stubborn}
        spec:
          terminationGracePeriodSeconds: 1
          containers:
          - {name: main, image: none, command: [sh, -c, 'trap "" TERM; echo up; while :; do sleep 0.1; done']}
        """);
    await().until(() -> logs("polite").equals("up\n") && logs("stubborn").equals("up\n"));
    String uid =
        client.pods().inNamespace(namespace).withName("stubborn").get().getMetadata().getUid();
    kubectl("delete", "pod", "polite", "stubborn");
    assertThat(trace).hasContent("asked");
    assertThat(ProcessMark.ofContainer(uid + "/main/0").find()).isEmpty();
    assertThat(client.pods().inNamespace(namespace).list().getItems()).isEmpty();
  }

  @Test
  void readinessFollowsTheProbeAndLivenessRestarts() throws Exception {
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: probed}
        spec:
          volumes: [{name: state, emptyDir: {}}]
          containers:
          - name: main
            image: none
            command: [sh, -c, 'sleep 1; touch /state/ready; exec sleep 600']
            readinessProbe: {exec: {command: [test, -f, /state/ready]}, periodSeconds: 1}
            livenessProbe:
              exec: {command: [sh, -c, '! test -f /state/sick']}
              periodSeconds: 1
              failureThreshold: 1
            volumeMounts: [{name: state, mountPath: /state}]
          - name: sickener
            image: none
            command: [sh, -c, 'sleep 4; touch /state/sick; sleep 2; rm /state/sick; exec sleep 600']
            volumeMounts: [{name: state, mountPath: /state}]
        """);
    Pod running = awaitPod("probed", p -> p.getStatus().getPhase().equals("Running"));
    assertThat(running.getStatus().getContainerStatuses().getFirst().getReady()).isFalse();
    kubectl("wait", "--for=condition=Ready", "pod/probed", "--timeout=30s");
    Pod restarted = awaitPod("probed", p -> restarts(p) >= 1);
    ContainerStatus status = restarted.getStatus().getContainerStatuses().getFirst();
    assertThat(status.getLastState().getTerminated().getExitCode()).isEqualTo(143);
    assertThat(kubectl("get", "events")).contains("Unhealthy");
  }

  @Test
  void restartPolicyAlwaysRunsAgainWithBackOff() throws Exception {
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: crashing}
        spec:
          containers:
          - {name: main, image: none, command: [sh, -c, 'echo run; exit 1']}
        """);
    Pod pod =
        awaitPod(
            "crashing",
            p -> {
              return p.getStatus().getContainerStatuses().stream()
                  .map(status -> status.getState().getWaiting())
                  .anyMatch(w -> w != null && "CrashLoopBackOff".equals(w.getReason()));
            });
    ContainerStatus status = pod.getStatus().getContainerStatuses().getFirst();
    assertThat(pod.getStatus().getPhase()).isEqualTo("Running");
    assertThat(status.getLastState().getTerminated().getExitCode()).isEqualTo(1);
    awaitPod("crashing", p -> restarts(p) >= 2);
    assertThat(kubectl("logs", "--previous", "crashing")).isEqualTo("run\n");
  }

  @Test
  void logsCanBeFollowedAndCut() throws Exception {
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: talker}
        spec:
          restartPolicy: Never
          containers:
          - {name: main, image: none, command: [sh, -c, 'for i in 1 2 3 4; do echo $i; sleep 0.5; done']}
        """);
    awaitPod("talker", p -> p.getStatus().getPhase().equals("Running"));
    assertThat(kubectl("logs", "-f", "talker")).isEqualTo("1\n2\n3\n4\n");
    assertThat(kubectl("logs", "--tail=2", "talker")).isEqualTo("3\n4\n");
    assertThat(kubectl("logs", "--limit-bytes=3", "talker")).isEqualTo("1\n2");
  }

  @Test
  void saysWhyAPodDoesNotRun() throws Exception {
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: large}
        spec:
          containers:
          - {name: main, image: none, command: [sleep, '1'], resources: {requests: {memory: 100Ti}}}
        """);
    applyPodWithClaim("claimless", "true");
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: imageonly}
        spec:
          containers:
          - {name: main, image: nginx}
        """);
    Pod large = awaitPod("large", p -> !p.getStatus().getConditions().isEmpty());
    assertThat(large.getStatus().getConditions().getFirst().getReason()).isEqualTo("Unschedulable");
    assertThat(large.getStatus().getConditions().getFirst().getMessage())
        .contains("Insufficient memory");
    Pod claimless = awaitPod("claimless", p -> !p.getStatus().getConditions().isEmpty());
    assertThat(claimless.getStatus().getConditions().getFirst().getMessage())
        .isEqualTo("persistentvolumeclaim \"data\" not found");
    Pod imageOnly =
        awaitPod(
            "imageonly",
            p ->
                p.getStatus().getContainerStatuses().stream()
                    .anyMatch(
                        c ->
                            c.getState().getWaiting() != null
                                && "CreateContainerError"
                                    .equals(c.getState().getWaiting().getReason())));
    assertThat(imageOnly.getStatus().getPhase()).isEqualTo("Pending");
  }

  @Test
  void activeDeadlineEndsAPod() {
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: late}
        spec:
          restartPolicy: Never
          activeDeadlineSeconds: 2
          terminationGracePeriodSeconds: 1
          containers:
          - {name: main, image: none, command: [sleep, '600']}
        """);
    Pod pod = awaitPod("late", p -> p.getStatus().getPhase().equals("Failed"));
    assertThat(pod.getStatus().getReason()).isEqualTo("DeadlineExceeded");
    assertThat(pod.getStatus().getContainerStatuses().getFirst().getState().getTerminated())
        .isNotNull();
  }

  @Test
  void afterAPowerLossPodsAreReportedAsEnded(Cluster cluster) {
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: victim}
        spec:
          restartPolicy: Never
          containers:
          - {name: main, image: none, command: [sleep, '600']}
        """);
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: survivor}
        spec:
          containers:
          - {name: main, image: none, command: [sleep, '600']}
        """);
    Pod victim = awaitPod("victim", p -> p.getStatus().getPhase().equals("Running"));
    awaitPod("survivor", p -> p.getStatus().getPhase().equals("Running"));
    var node = cluster.nodeFailure().orElseThrow();

    node.powerLoss();
    assertThat(ProcessMark.ofContainer(victim.getMetadata().getUid() + "/main/0").find()).isEmpty();
    assertThat(pod("victim").getStatus().getPhase()).isEqualTo("Running");
    node.recover();

    Pod ended = awaitPod("victim", p -> p.getStatus().getPhase().equals("Failed"));
    assertThat(
            ended
                .getStatus()
                .getContainerStatuses()
                .getFirst()
                .getState()
                .getTerminated()
                .getReason())
        .isEqualTo("ContainerStatusUnknown");
    awaitPod(
        "survivor",
        p -> restarts(p) == 1 && p.getStatus().getContainerStatuses().getFirst().getReady());
  }

  @Test
  void aPartitionedNodeGoesOnWithoutTellingAnybody(Cluster cluster) throws Exception {
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: island}
        spec:
          restartPolicy: Never
          containers:
          - {name: main, image: none, command: [sh, -c, 'sleep 1; echo still here']}
        """);
    awaitPod("island", p -> p.getStatus().getPhase().equals("Running"));
    var node = cluster.nodeFailure().orElseThrow();
    node.partition();
    try {
      await()
          .pollDelay(Duration.ofSeconds(2))
          .until(() -> pod("island").getStatus().getPhase().equals("Running"));
    } finally {
      node.recover();
    }
    awaitPod("island", p -> p.getStatus().getPhase().equals("Succeeded"));
    assertThat(kubectl("logs", "island")).isEqualTo("still here\n");
  }

  private void applyPodWithClaim(String name, String script) {
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s}
        spec:
          restartPolicy: Never
          volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
          containers:
          - name: main
            image: none
            command: [sh, -c, '%s']
            volumeMounts: [{name: data, mountPath: /data}]
        """
            .formatted(name, script));
  }

  private void apply(String yaml) {
    client.resource(yaml).inNamespace(namespace).create();
  }

  private Pod pod(String name) {
    return client.pods().inNamespace(namespace).withName(name).get();
  }

  private static int restarts(Pod pod) {
    return pod.getStatus().getContainerStatuses().stream()
        .mapToInt(ContainerStatus::getRestartCount)
        .sum();
  }

  private Pod awaitPod(String name, Predicate<Pod> condition) {
    return client
        .pods()
        .inNamespace(namespace)
        .withName(name)
        .waitUntilCondition(
            p -> p != null && p.getStatus() != null && condition.test(p), 60, TimeUnit.SECONDS);
  }

  private String logs(String pod) throws Exception {
    return "Running".equals(pod(pod).getStatus().getPhase()) ? kubectl("logs", pod) : "";
  }

  /** What kubectl prints; it has to succeed. */
  private String kubectl(String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("kubectl", "--kubeconfig=" + kubeconfig, "-n", namespace));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("%s: %s", command, output).isZero();
    return output;
  }
}
