package io.vmsnap.disk.vmdk;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Keeps the values used last, up to a number. Safe for several threads; loads do not block. */
final class RecentlyUsed<V> {
  private final Map<Long, V> kept;

  RecentlyUsed(int most) {
    kept =
        new LinkedHashMap<>(most * 2, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<Long, V> eldest) {
            return size() > most;
          }
        };
  }

  V get(long key, Loader<V> loader) throws IOException {
    synchronized (kept) {
      V value = kept.get(key);
      if (value != null) {
        return value;
      }
    }
    V loaded = loader.load();
    synchronized (kept) {
      kept.put(key, loaded);
    }
    return loaded;
  }

  /** Makes a value, never null. */
  interface Loader<V> {
    V load() throws IOException;
  }
}
