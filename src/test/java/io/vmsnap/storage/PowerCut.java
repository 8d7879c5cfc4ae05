package io.vmsnap.storage;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

/** Decides which of the changes that nobody synced reach the disk when the power goes. */
public interface PowerCut {
  /** All are lost. */
  PowerCut LOSE_ALL =
      new PowerCut() {
        @Override
        public <T> List<T> survivors(List<T> unsynced) {
          return List.of();
        }
      };

  /** The changes that took place, in the order in which they did. */
  <T> List<T> survivors(List<T> unsynced);

  /** Any subset, in any order. */
  static PowerCut random(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return new PowerCut() {
      @Override
      public <T> List<T> survivors(List<T> unsynced) {
        List<T> result = new ArrayList<>();
        unsynced.stream().filter(change -> random.nextBoolean()).forEach(result::add);
        Collections.shuffle(result, random);
        return result;
      }
    };
  }
}
