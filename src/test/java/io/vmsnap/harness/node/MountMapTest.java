package io.vmsnap.harness.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MountMapTest {
  private final MountMap mounts =
      new MountMap(
          List.of(
              new MountMap.Mount("/vm", Path.of("/data/pv 1")),
              new MountMap.Mount("/vm/cache/", Path.of("/data/cache")),
              new MountMap.Mount("/dev/termination-log", Path.of("/data/message"))));

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          /vm                            | /data/pv 1
          /vm/                           | /data/pv 1/
          /vm/web.vmx                    | /data/pv 1/web.vmx
          /vm/cache/a                    | /data/cache/a
          of=/vm/a                       | of=/data/pv 1/a
          cat /vm/a >/dev/termination-log| cat /data/pv 1/a >/data/message
          {"directory":"/vm","x":1}      | {"directory":"/data/pv 1","x":1}
          /vms/a                         | /vms/a
          /vm-old/a                      | /vm-old/a
          /vm.bak                        | /vm.bak
          /srv/vm/a                      | /srv/vm/a
          ../vm/a                        | ../vm/a
          ~/vm/a                         | ~/vm/a
          root=/dev/vda                  | root=/dev/vda
          /a:/vm                         | /a:/data/pv 1
          """)
  void rewritesPathsThatBeginAWord(String text, String expected) {
    assertThat(mounts.rewrite(text)).isEqualTo(expected);
  }

  @Test
  void aMountBelowAnotherHidesThatPart() {
    assertThat(mounts.hostPath("/vm/cache/x")).contains(Path.of("/data/cache/x"));
    assertThat(mounts.hostPath("/vm/x")).contains(Path.of("/data/pv 1/x"));
    assertThat(mounts.hostPath("/vmx")).isEmpty();
  }

  @Test
  void withoutMountsNothingChanges() {
    assertThat(new MountMap(List.of()).rewrite("/vm/a")).isEqualTo("/vm/a");
  }

  @ParameterizedTest
  @CsvSource({"vm", "/", "''"})
  void refusesWhatIsNoMountPoint(String path) {
    assertThatThrownBy(() -> new MountMap.Mount(path, Path.of("/x")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("mountPath");
  }
}
