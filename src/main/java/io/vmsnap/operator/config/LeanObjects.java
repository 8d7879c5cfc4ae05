package io.vmsnap.operator.config;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.batch.v1.JobSpec;
import io.quarkus.kubernetes.client.KubernetesClientObjectMapperCustomizer;
import jakarta.inject.Singleton;

/**
 * Leaves out of every object that the operator reads what nobody here looks at, and the informers
 * would keep in memory: the record of who set which field, which is larger than the rest of a
 * snapshot, and what pods and jobs were made from, which is most of them. What the operator writes
 * is complete: it makes pods and jobs anew, and never writes back one that it has read.
 */
@Singleton
public class LeanObjects implements KubernetesClientObjectMapperCustomizer {
  @Override
  public void customize(ObjectMapper mapper) {
    mapper.addMixIn(ObjectMeta.class, WithoutManagedFields.class);
    mapper.addMixIn(PodSpec.class, WithoutContent.class);
    mapper.addMixIn(JobSpec.class, WithoutTemplate.class);
  }

  /** Jackson's instructions for {@link ObjectMeta}. */
  @JsonIgnoreProperties("managedFields")
  private interface WithoutManagedFields {}

  /** Jackson's instructions for {@link PodSpec}: of one that is read, the node is what counts. */
  @JsonIgnoreProperties(
      value = {
        "affinity",
        "containers",
        "initContainers",
        "imagePullSecrets",
        "nodeSelector",
        "securityContext",
        "tolerations",
        "topologySpreadConstraints",
        "volumes"
      },
      allowGetters = true)
  private interface WithoutContent {}

  /** Jackson's instructions for {@link JobSpec}. */
  @JsonIgnoreProperties(
      value = {"template", "selector"},
      allowGetters = true)
  private interface WithoutTemplate {}
}
