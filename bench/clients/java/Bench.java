// jnats: the same arguments and output as the other contenders.

import io.nats.client.Connection;
import io.nats.client.Nats;
import io.nats.client.ObjectStore;
import io.nats.client.api.ObjectInfo;
import io.nats.client.api.ObjectStoreWatcher;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

final class Bench {
    private interface Act {
        void on(String name) throws Exception;
    }

    private static long start;
    private static volatile double first = -1;

    private static double since() {
        return (System.nanoTime() - start) / 1e9;
    }

    private static void entry() {
        if (first < 0) {
            first = since();
        }
    }

    public static void main(String[] arguments) throws Exception {
        Connection connection = Nats.connect(arguments[0]);
        ObjectStore bucket = connection.objectStore(arguments[1]);
        start = System.nanoTime();
        run(bucket, arguments);
        double seconds = since();
        System.out.println(first < 0
            ? "{\"seconds\": " + seconds + "}"
            : "{\"seconds\": " + seconds + ", \"first_ms\": " + first * 1000 + "}");
        connection.close();
    }

    private static void run(ObjectStore bucket, String[] arguments) throws Exception {
        switch (arguments[2]) {
            case "put-file":
                try (InputStream file = Files.newInputStream(Path.of(arguments[3]))) {
                    bucket.put("large", file);
                }
                break;
            case "get-file":
                bucket.get("large", OutputStream.nullOutputStream());
                break;
            case "put-small":
                byte[] data = new byte[Integer.parseInt(arguments[3])];
                each(arguments, name -> bucket.put(name, new ByteArrayInputStream(data)));
                break;
            case "get-small":
                int size = Integer.parseInt(arguments[3]);
                each(arguments, name -> {
                    if (bucket.get(name, OutputStream.nullOutputStream()).getSize() != size) {
                        throw new IllegalStateException(name);
                    }
                });
                break;
            case "list":
                int listed = bucket.getList().size();
                entry();
                expect(listed, arguments);
                break;
            case "watch":
                CountDownLatch told = new CountDownLatch(Integer.parseInt(arguments[3]));
                bucket.watch(new ObjectStoreWatcher() {
                    @Override
                    public void watch(ObjectInfo info) {
                        entry();
                        told.countDown();
                    }

                    @Override
                    public void endOfData() {
                    }
                });
                told.await();
                break;
            default:
                throw new UnsupportedOperationException("has no " + arguments[2]);
        }
    }

    private static void expect(int listed, String[] arguments) {
        if (listed != Integer.parseInt(arguments[3])) {
            throw new IllegalStateException(listed + " entries");
        }
    }

    private static void each(String[] arguments, Act act) throws Exception {
        int count = Integer.parseInt(arguments[4]);
        int atOnce = Integer.parseInt(arguments[5]);
        AtomicInteger next = new AtomicInteger();
        ExecutorService workers = Executors.newFixedThreadPool(atOnce);
        List<Future<Void>> ends = new ArrayList<>();
        for (int worker = 0; worker < atOnce; worker++) {
            ends.add(workers.submit(() -> {
                for (int index = next.getAndIncrement(); index < count; index = next.getAndIncrement()) {
                    act.on("small/" + index);
                }
                return null;
            }));
        }
        workers.shutdown();
        for (Future<Void> end : ends) {
            end.get();
        }
    }
}
