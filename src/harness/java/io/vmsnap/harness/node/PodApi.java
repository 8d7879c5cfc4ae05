package io.vmsnap.harness.node;

import io.fabric8.kubernetes.api.model.DeleteOptions;
import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.util.Map;

/** Reports about one pod, identified by UID: a new pod of the same name is none of its business. */
final class PodApi {
  private final NodeContext node;
  private final ObjectMeta meta;
  private String removedAt;

  PodApi(NodeContext node, ObjectMeta meta) {
    this.node = node;
    this.meta = meta;
  }

  String name() {
    return meta.getNamespace() + "/" + meta.getName();
  }

  /** Returns false if this pod is not there any more. */
  boolean report(PodStatus status) {
    Map<String, Object> patch = Map.of("metadata", Map.of("uid", meta.getUid()), "status", status);
    try {
      node.client()
          .pods()
          .inNamespace(meta.getNamespace())
          .withName(meta.getName())
          .subresource("status")
          .patch(
              PatchContext.of(PatchType.JSON_MERGE),
              node.client().getKubernetesSerialization().asJson(patch));
      return true;
    } catch (KubernetesClientException e) {
      // A different UID is a conflict: the pod was replaced.
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND
          || e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        return false;
      }
      throw e;
    }
  }

  /**
   * Removes the object: the last act of a kubelet on a pod that is being deleted. Finalizers may
   * keep it, so it is asked once for each state of the object.
   */
  void remove(String resourceVersion) {
    if (resourceVersion.equals(removedAt)) {
      return;
    }
    DeleteOptions options =
        new DeleteOptionsBuilder()
            .withGracePeriodSeconds(0L)
            .withNewPreconditions()
            .withUid(meta.getUid())
            .endPreconditions()
            .build();
    try {
      node.client()
          .raw(
              "/api/v1/namespaces/" + meta.getNamespace() + "/pods/" + meta.getName(),
              "DELETE",
              options);
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND
          && e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
    }
    removedAt = resourceVersion;
  }
}
