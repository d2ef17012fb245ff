// jnats, driven line by line: see ../README.md.

import io.nats.client.Connection;
import io.nats.client.Nats;
import io.nats.client.ObjectStore;
import io.nats.client.api.ObjectInfo;
import io.nats.client.api.ObjectLink;
import io.nats.client.api.ObjectMeta;
import io.nats.client.api.ObjectStoreConfiguration;
import io.nats.client.api.ObjectStoreStatus;
import io.nats.client.api.ObjectStoreWatcher;
import io.nats.client.impl.Headers;
import io.nats.client.impl.NatsObjectStoreWatchSubscription;
import io.nats.client.support.JsonParser;
import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

final class Driver {
    private static final class Absent extends Exception {
        private static final long serialVersionUID = 1L;

        Absent(String what) {
            super(what);
        }
    }

    /** Gives at most so many bytes with each read. */
    private static final class Pieces extends ByteArrayInputStream {
        private final int piece;

        Pieces(byte[] content, int piece) {
            super(content);
            this.piece = piece;
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            return super.read(into, offset, Math.min(length, piece));
        }
    }

    private static Connection connection;

    private static String text(JsonValue request, String field) {
        return JsonValueUtils.readString(request, field, "");
    }

    private static JsonValue json(String text) {
        return text == null ? JsonValue.NULL : new JsonValue(text);
    }

    private static JsonValue json(Map<String, String> texts) {
        Map<String, JsonValue> map = new LinkedHashMap<>();
        if (texts != null) {
            texts.forEach((name, value) -> map.put(name, json(value)));
        }
        return new JsonValue(map);
    }

    private static JsonValue told(ObjectInfo info) {
        Map<String, JsonValue> told = new LinkedHashMap<>();
        told.put("name", json(info.getObjectName()));
        told.put("bucket", json(info.getBucket()));
        told.put("size", new JsonValue(info.getSize()));
        told.put("chunks", new JsonValue(info.getChunks()));
        told.put("digest", json(info.getDigest()));
        told.put("description", json(info.getDescription() == null ? "" : info.getDescription()));
        Map<String, JsonValue> headers = new LinkedHashMap<>();
        if (info.getHeaders() != null) {
            info.getHeaders().forEach((name, values) -> {
                List<JsonValue> list = new ArrayList<>();
                values.forEach(value -> list.add(json(value)));
                headers.put(name, new JsonValue(list));
            });
        }
        told.put("headers", new JsonValue(headers));
        told.put("metadata", json(info.getMetaData()));
        told.put("link", JsonValue.NULL);
        ObjectLink link = info.getLink();
        if (link != null) {
            Map<String, JsonValue> to = new LinkedHashMap<>();
            to.put("bucket", json(link.getBucket()));
            to.put("name", json(link.getObjectName()));
            told.put("link", new JsonValue(to));
        }
        told.put("deleted", new JsonValue(info.isDeleted()));
        return new JsonValue(told);
    }

    private static JsonValue told(List<ObjectInfo> infos) {
        List<JsonValue> all = new ArrayList<>();
        infos.forEach(info -> all.add(told(info)));
        return new JsonValue(all);
    }

    private static ObjectMeta meta(JsonValue request) {
        ObjectMeta.Builder meta = ObjectMeta.builder(text(request, "name"));
        String description = text(request, "description");
        if (!description.isEmpty()) {
            meta.description(description);
        }
        Map<String, String> metadata = JsonValueUtils.readStringStringMap(request, "metadata");
        if (metadata != null && !metadata.isEmpty()) {
            meta.metadata(metadata);
        }
        JsonValue asked = JsonValueUtils.readValue(request, "headers");
        if (asked != null && asked.map != null && !asked.map.isEmpty()) {
            Headers headers = new Headers();
            asked.map.forEach((name, values) -> values.array.forEach(value -> headers.add(name, value.string)));
            meta.headers(headers);
        }
        int chunkSize = JsonValueUtils.readInteger(request, "chunk_size", 0);
        if (chunkSize > 0) {
            meta.chunkSize(chunkSize);
        }
        return meta.build();
    }

    private static void create(JsonValue request) throws Exception {
        ObjectStoreConfiguration.Builder config = ObjectStoreConfiguration.builder(text(request, "bucket"));
        if (!text(request, "description").isEmpty()) {
            config.description(text(request, "description"));
        }
        long ttl = JsonValueUtils.readLong(request, "ttl", 0);
        if (ttl > 0) {
            config.ttl(Duration.ofSeconds(ttl));
        }
        long maxBytes = JsonValueUtils.readLong(request, "max_bytes", 0);
        if (maxBytes > 0) {
            config.maxBucketSize(maxBytes);
        }
        config.compression(JsonValueUtils.readBoolean(request, "compression"));
        Map<String, String> metadata = JsonValueUtils.readStringStringMap(request, "metadata");
        config.metadata(metadata == null ? new HashMap<>() : metadata);
        connection.objectStoreManagement().create(config.build());
    }

    private static ObjectInfo found(ObjectInfo info, String name) throws Exception {
        if (info == null) {
            throw new Exception("no object " + name);
        }
        return info;
    }

    private static List<ObjectInfo> watched(ObjectStore bucket) throws Exception {
        List<ObjectInfo> seen = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch end = new CountDownLatch(1);
        ObjectStoreWatcher watcher = new ObjectStoreWatcher() {
            @Override
            public void watch(ObjectInfo info) {
                if (end.getCount() > 0) {
                    seen.add(info);
                }
            }

            @Override
            public void endOfData() {
                end.countDown();
            }
        };
        NatsObjectStoreWatchSubscription subscription = bucket.watch(watcher);
        boolean ended = end.await(15, TimeUnit.SECONDS);
        subscription.unsubscribe();
        if (!ended) {
            throw new Exception("the watch told of no end");
        }
        return new ArrayList<>(seen);
    }

    private static JsonValue status(ObjectStore bucket) throws Exception {
        ObjectStoreStatus status = bucket.getStatus();
        Map<String, JsonValue> told = new LinkedHashMap<>();
        told.put("description", json(status.getDescription() == null ? "" : status.getDescription()));
        told.put("ttl", new JsonValue(status.getTtl().getSeconds()));
        long maxBytes = status.getMaxBucketSize();
        told.put("max_bytes", maxBytes > 0 ? new JsonValue(maxBytes) : JsonValue.NULL);
        told.put("sealed", new JsonValue(status.isSealed()));
        told.put("compressed", new JsonValue(status.isCompressed()));
        told.put("metadata", json(status.getMetadata()));
        return new JsonValue(told);
    }

    private static JsonValue hello(JsonValue request) throws Exception {
        connection = Nats.connect(text(request, "url"));
        return json(Map.of("version", Nats.CLIENT_VERSION));
    }

    private static JsonValue answer(JsonValue request) throws Exception {
        String operation = text(request, "op");
        if (operation.equals("hello")) {
            return hello(request);
        }
        if (operation.equals("create")) {
            create(request);
            return JsonValue.NULL;
        }
        ObjectStore bucket = connection.objectStore(text(request, "bucket"));
        String name = text(request, "name");
        switch (operation) {
            case "put": {
                byte[] content = Files.readAllBytes(Path.of(text(request, "file")));
                int piece = JsonValueUtils.readInteger(request, "piece", 0);
                InputStream body = new Pieces(content, piece > 0 ? piece : Integer.MAX_VALUE);
                bucket.put(meta(request), body);
                break;
            }
            case "get":
                try (OutputStream out = new FileOutputStream(text(request, "file"))) {
                    found(bucket.get(name, out), name);
                }
                break;
            case "info":
                return told(found(bucket.getInfo(name), name));
            case "update":
                bucket.updateMeta(name, meta(request));
                break;
            case "rename": {
                ObjectMeta old = found(bucket.getInfo(name), name).getObjectMeta();
                bucket.updateMeta(name, ObjectMeta.builder(old).objectName(text(request, "new_name")).build());
                break;
            }
            case "delete":
                bucket.delete(name);
                break;
            case "link": {
                ObjectStore from = connection.objectStore(text(request, "target_bucket"));
                bucket.addLink(name, found(from.getInfo(text(request, "target")), text(request, "target")));
                break;
            }
            case "bucket_link":
                bucket.addBucketLink(name, connection.objectStore(text(request, "target_bucket")));
                break;
            case "list":
                return told(bucket.getList());
            case "watch":
                return told(watched(bucket));
            case "seal":
                bucket.seal();
                break;
            case "status":
                return status(bucket);
            default:
                throw new Absent(operation);
        }
        return JsonValue.NULL;
    }

    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        // jnats logs to standard output too.
        System.setOut(System.err);
        String line;
        while ((line = lines.readLine()) != null) {
            String kind = "value";
            JsonValue value;
            try {
                value = answer(JsonParser.parse(line));
            } catch (Absent absent) {
                kind = "absent";
                value = json(absent.getMessage());
            } catch (Exception error) {
                kind = "error";
                value = json(error.toString());
            }
            answers.println("{\"" + kind + "\":" + value.toJson() + "}");
        }
        System.exit(0);
    }
}
