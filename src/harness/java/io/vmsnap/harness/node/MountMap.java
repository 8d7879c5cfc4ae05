package io.vmsnap.harness.node;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the paths of a container are on this machine. A process cannot be given mounts without a
 * mount namespace, so its arguments and environment are rewritten instead: every mount path, and
 * everything below it, becomes the path of the volume. A path counts wherever it begins a word
 * ({@code of=/vm/a}, {@code 'cat /vm/a'}, JSON), not inside another path ({@code /srv/vm}).
 */
final class MountMap {
  /** One mounted path. */
  record Mount(String containerPath, Path hostPath) {
    Mount {
      containerPath = normalize(containerPath);
      if (!containerPath.startsWith("/") || containerPath.equals("/")) {
        throw new IllegalArgumentException(
            "mountPath \"" + containerPath + "\" must be absolute and not /");
      }
    }

    private static String normalize(String path) {
      return path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }
  }

  private final List<Mount> mounts;
  private final Pattern anyMount;

  MountMap(List<Mount> mounts) {
    // Longest first: a mount below another one hides that part of it.
    this.mounts =
        mounts.stream()
            .sorted(Comparator.comparingInt((Mount m) -> m.containerPath().length()).reversed())
            .toList();
    String alternatives =
        String.join("|", this.mounts.stream().map(m -> Pattern.quote(m.containerPath())).toList());
    this.anyMount =
        this.mounts.isEmpty()
            ? null
            : Pattern.compile("(?<![\\w./~-])(" + alternatives + ")(?![\\w.-])");
  }

  List<Mount> mounts() {
    return mounts;
  }

  /** Rewrites every mounted path in the text. */
  String rewrite(String text) {
    if (anyMount == null || text.indexOf('/') < 0) {
      return text;
    }
    Matcher matcher = anyMount.matcher(text);
    return matcher.replaceAll(
        match -> Matcher.quoteReplacement(hostPath(match.group(1)).orElseThrow().toString()));
  }

  /** The place of one absolute container path; empty when it is below no mount. */
  Optional<Path> hostPath(String containerPath) {
    for (Mount mount : mounts) {
      if (containerPath.equals(mount.containerPath())) {
        return Optional.of(mount.hostPath());
      }
      if (containerPath.startsWith(mount.containerPath() + "/")) {
        return Optional.of(
            mount.hostPath().resolve(containerPath.substring(mount.containerPath().length() + 1)));
      }
    }
    return Optional.empty();
  }
}
