package io.vmsnap.disk.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class EarlyWritebackTest {
  private static final long CHUNK = 64L << 20;
  private static final long COPIED = 30_000_000;
  private static final long SHARED = 300_000;

  private final AtomicInteger syncs = new AtomicInteger();
  private IOException failure;

  @Test
  void copiedBytesGoToTheVolumeEarly() throws Exception {
    try (EarlyWriteback writeback = new EarlyWriteback(file())) {
      writeback.written(CHUNK - 1, COPIED);
      writeback.await();
      assertThat(syncs).hasValue(0);

      writeback.written(1, 0);
      writeback.await();
      assertThat(syncs).hasValue(1);
    }
  }

  @Test
  void sharedBlocksNeedNoWriting() throws Exception {
    try (EarlyWriteback writeback = new EarlyWriteback(file())) {
      for (int i = 0; i < 10; i++) {
        writeback.written(CHUNK, SHARED);
      }
    }
    assertThat(syncs).hasValue(0);
  }

  /** The kernel tells of a lost write once: whoever hears of it must not keep it to himself. */
  @Test
  void failureIsTold() throws Exception {
    failure = new IOException("no space left");
    EarlyWriteback writeback = new EarlyWriteback(file());
    writeback.written(CHUNK, COPIED);

    assertThatThrownBy(writeback::await)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("web-flat.vmdk")
        .hasMessageContaining("no space left");
    writeback.close();
  }

  private StorageFile file() {
    return (StorageFile)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {StorageFile.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("name")) {
                return "web-flat.vmdk";
              }
              syncs.incrementAndGet();
              if (failure != null) {
                throw failure;
              }
              return null;
            });
  }
}
