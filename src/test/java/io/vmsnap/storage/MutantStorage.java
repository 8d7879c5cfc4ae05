package io.vmsnap.storage;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.function.Predicate;

/**
 * A storage that leaves one kind of operation out, as an engine with a defect would: tests of
 * crashes have to notice it, or they prove nothing.
 */
public final class MutantStorage {
  private MutantStorage() {}

  /** Does not sync the files of these names. */
  public static VmStorage withoutSync(VmStorage storage, Predicate<String> names) {
    return storage(
        storage,
        (method, first, second) -> false,
        (method, name) -> method.equals("sync") && names.test(name));
  }

  /** Does not sync any folder. */
  public static VmStorage withoutFolderSync(VmStorage storage) {
    return storage(
        storage,
        (method, first, second) -> method.equals("syncDirectory"),
        (method, name) -> false);
  }

  /** Does not rename these files: what they should have replaced stays. */
  public static VmStorage withoutRename(VmStorage storage, Decision from) {
    return storage(
        storage,
        (method, first, second) -> method.equals("rename") && from.test((String) first),
        (method, name) -> false);
  }

  /** Whether an operation on a file is left out; may look at the file first. */
  @FunctionalInterface
  public interface Decision {
    boolean test(String name) throws IOException;
  }

  @FunctionalInterface
  private interface OfStorage {
    boolean leavesOut(String method, Object first, Object second) throws IOException;
  }

  @FunctionalInterface
  private interface OfFile {
    boolean leavesOut(String method, String name);
  }

  private static VmStorage storage(VmStorage storage, OfStorage rule, OfFile files) {
    return (VmStorage)
        Proxy.newProxyInstance(
            VmStorage.class.getClassLoader(),
            new Class<?>[] {VmStorage.class},
            (proxy, method, arguments) -> {
              Object first = arguments == null ? null : arguments[0];
              Object second = arguments == null || arguments.length < 2 ? null : arguments[1];
              if (rule.leavesOut(method.getName(), first, second)) {
                return null;
              }
              Object result = invoke(method, storage, arguments);
              return result instanceof StorageFile file ? file(file, files) : result;
            });
  }

  private static StorageFile file(StorageFile file, OfFile rule) {
    return (StorageFile)
        Proxy.newProxyInstance(
            StorageFile.class.getClassLoader(),
            new Class<?>[] {StorageFile.class},
            (proxy, method, arguments) -> {
              if (rule.leavesOut(method.getName(), file.name())) {
                return null;
              }
              if (method.getName().equals("copyTo")
                  && Proxy.isProxyClass(arguments[0].getClass())) {
                throw new UnsupportedOperationException("copying between files of a mutant");
              }
              return invoke(method, file, arguments);
            });
  }

  private static Object invoke(java.lang.reflect.Method method, Object target, Object[] arguments)
      throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
