package io.vmsnap.harness.node;

import io.fabric8.kubernetes.api.model.DownwardAPIVolumeFile;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ServiceAccountTokenProjection;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeProjection;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes the volumes of one pod: claims (the directory behind them), emptyDir, hostPath, configMap,
 * secret, downwardAPI and projected ones with service account tokens. What is copied is copied
 * once: later changes of a ConfigMap do not reach a running pod. {@code readOnly} and size limits
 * cannot be enforced on processes.
 */
final class PodVolumes {
  private static final String NOT_YET = "ContainerCreating";

  private final KubernetesClient client;
  private final Pod pod;
  private final PodDirectory directory;
  private final DownwardApi fields;

  PodVolumes(KubernetesClient client, Pod pod, PodDirectory directory, DownwardApi fields) {
    this.client = client;
    this.pod = pod;
    this.directory = directory;
    this.fields = fields;
  }

  /**
   * The place of each volume, by name.
   *
   * @throws PodNotReadyException while something that a volume needs is missing
   */
  Map<String, Path> prepare() throws PodNotReadyException, IOException {
    Map<String, Path> places = new HashMap<>();
    for (Volume volume : pod.getSpec().getVolumes()) {
      places.put(volume.getName(), prepare(volume));
    }
    return places;
  }

  private Path prepare(Volume volume) throws PodNotReadyException, IOException {
    Path place = directory.volume(volume.getName());
    if (volume.getPersistentVolumeClaim() != null) {
      return claim(volume.getPersistentVolumeClaim().getClaimName());
    }
    if (volume.getHostPath() != null) {
      return hostPath(volume);
    }
    Files.createDirectories(place);
    if (volume.getEmptyDir() != null) {
      return place;
    }
    if (volume.getConfigMap() != null) {
      var source = volume.getConfigMap();
      write(place, configMap(source.getName(), source.getOptional()), source.getItems());
    } else if (volume.getSecret() != null) {
      var source = volume.getSecret();
      write(place, secret(source.getSecretName(), source.getOptional()), source.getItems());
    } else if (volume.getDownwardAPI() != null) {
      write(place, downward(volume.getDownwardAPI().getItems()), List.of());
    } else if (volume.getProjected() != null) {
      for (VolumeProjection source : volume.getProjected().getSources()) {
        project(place, source);
      }
    } else {
      throw new PodNotReadyException(
          NOT_YET, "volume \"" + volume.getName() + "\" is of a kind this node does not support");
    }
    return place;
  }

  private Path claim(String name) throws PodNotReadyException {
    Path place =
        ClaimVolume.directory(client, pod.getMetadata().getNamespace(), name)
            .orElseThrow(
                () ->
                    new PodNotReadyException(
                        NOT_YET,
                        "persistentvolumeclaim \"" + name + "\" is not bound to a directory"));
    if (!Files.isDirectory(place)) {
      throw new PodNotReadyException(
          NOT_YET, "claim \"" + name + "\" is bound to " + place + ", which does not exist");
    }
    return place;
  }

  private static Path hostPath(Volume volume) throws PodNotReadyException, IOException {
    Path place = Path.of(volume.getHostPath().getPath());
    if ("DirectoryOrCreate".equals(volume.getHostPath().getType())) {
      Files.createDirectories(place);
    }
    if (!Files.exists(place)) {
      throw new PodNotReadyException(NOT_YET, "hostPath " + place + " does not exist");
    }
    return place;
  }

  private void project(Path place, VolumeProjection source)
      throws PodNotReadyException, IOException {
    if (source.getConfigMap() != null) {
      var map = source.getConfigMap();
      write(place, configMap(map.getName(), map.getOptional()), map.getItems());
    } else if (source.getSecret() != null) {
      var secret = source.getSecret();
      write(place, secret(secret.getName(), secret.getOptional()), secret.getItems());
    } else if (source.getDownwardAPI() != null) {
      write(place, downward(source.getDownwardAPI().getItems()), List.of());
    } else if (source.getServiceAccountToken() != null) {
      var projection = source.getServiceAccountToken();
      write(place, Map.of(projection.getPath(), token(projection)), List.of());
    }
  }

  /**
   * A token as the kubelet asks for it; it is not renewed, so it asks for its full life at once.
   */
  private byte[] token(ServiceAccountTokenProjection projection) {
    TokenRequest request =
        new TokenRequestBuilder()
            .withNewSpec()
            .withAudiences(
                projection.getAudience() == null ? List.of() : List.of(projection.getAudience()))
            .withExpirationSeconds(24 * 3600L)
            .withNewBoundObjectRef()
            .withApiVersion("v1")
            .withKind("Pod")
            .withName(pod.getMetadata().getName())
            .withUid(pod.getMetadata().getUid())
            .endBoundObjectRef()
            .endSpec()
            .build();
    return client
        .serviceAccounts()
        .inNamespace(pod.getMetadata().getNamespace())
        .withName(pod.getSpec().getServiceAccountName())
        .tokenRequest(request)
        .getStatus()
        .getToken()
        .getBytes(StandardCharsets.UTF_8);
  }

  private Map<String, byte[]> configMap(String name, Boolean optional) throws PodNotReadyException {
    var map =
        client.configMaps().inNamespace(pod.getMetadata().getNamespace()).withName(name).get();
    if (map == null) {
      return missing("configmap", name, optional);
    }
    Map<String, byte[]> files = new LinkedHashMap<>();
    orEmpty(map.getData()).forEach((k, v) -> files.put(k, v.getBytes(StandardCharsets.UTF_8)));
    orEmpty(map.getBinaryData()).forEach((k, v) -> files.put(k, Base64.getDecoder().decode(v)));
    return files;
  }

  private Map<String, byte[]> secret(String name, Boolean optional) throws PodNotReadyException {
    var secret =
        client.secrets().inNamespace(pod.getMetadata().getNamespace()).withName(name).get();
    if (secret == null) {
      return missing("secret", name, optional);
    }
    Map<String, byte[]> files = new LinkedHashMap<>();
    orEmpty(secret.getData()).forEach((k, v) -> files.put(k, Base64.getDecoder().decode(v)));
    return files;
  }

  private static Map<String, byte[]> missing(String kind, String name, Boolean optional)
      throws PodNotReadyException {
    if (Boolean.TRUE.equals(optional)) {
      return Map.of();
    }
    throw new PodNotReadyException(NOT_YET, kind + " \"" + name + "\" not found");
  }

  private Map<String, byte[]> downward(List<DownwardAPIVolumeFile> items)
      throws PodNotReadyException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (DownwardAPIVolumeFile item : items) {
      if (item.getFieldRef() == null) {
        throw new PodNotReadyException(
            NOT_YET, "downwardAPI file \"" + item.getPath() + "\": only fieldRef is supported");
      }
      String value = fields.field(item.getFieldRef().getFieldPath());
      files.put(item.getPath(), value.getBytes(StandardCharsets.UTF_8));
    }
    return files;
  }

  private static void write(Path place, Map<String, byte[]> files, List<KeyToPath> items)
      throws IOException, PodNotReadyException {
    Map<String, byte[]> chosen = files;
    if (items != null && !items.isEmpty()) {
      chosen = new LinkedHashMap<>();
      for (KeyToPath item : items) {
        if (files.containsKey(item.getKey())) {
          chosen.put(item.getPath(), files.get(item.getKey()));
        }
      }
    }
    for (Map.Entry<String, byte[]> file : chosen.entrySet()) {
      Path target = place.resolve(file.getKey()).normalize();
      if (!target.startsWith(place)) {
        throw new PodNotReadyException(
            NOT_YET, "volume file \"" + file.getKey() + "\" leads out of the volume");
      }
      Files.createDirectories(target.getParent());
      Files.write(target, file.getValue());
    }
  }

  private static <V> Map<String, V> orEmpty(Map<String, V> map) {
    return map == null ? Map.of() : map;
  }
}
