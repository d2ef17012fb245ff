package io.jetblob

import java.nio.file.Path
import kotlin.io.path.writeBytes
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** Storing objects from whatever holds their bytes. */
class PutTest {
    private class Ours : Exception()

    private val whole = pattern(5L shl 20)

    @Test
    fun `whatever holds bytes can be stored`() = onBoth { store, place ->
        val bucket = store.createBucket("b")
        val file = place.directory.resolve("file").also { it.writeBytes(whole) }
        val bodies = mapOf(
            "bytes" to whole.asBody(),
            "path" to file.asBody(),
            "file" to file.toFile().asBody(),
            "stream" to whole.inputStream().asBody(),
            "flow" to flowOf(whole.copyOf(1000), ByteArray(0), whole.copyOfRange(1000, whole.size)).asBody(),
        )
        for ((name, body) in bodies) {
            val told = Told().apply { end = whole.size.toLong() }
            assertEquals(whole.size.toLong(), bucket.put(name, body, progress = told.counts::add).size)
            told.check()
            assertArrayEquals(whole, bucket.getBytes(name), name)
        }
        assertEquals(0, bucket.put("nothing", flowOf<ByteArray>().asBody()).size)
        assertEquals("$file", bucket.putFile(file).name)
        assertEquals("other", bucket.putFile(file, "other").name)
    }

    @Test
    fun `what a body throws comes out unchanged, and nothing is stored`() = onBoth { store, _ ->
        val bucket = store.createBucket("b")
        bucket.putString("a", "old")
        val ours = Ours()
        val body = flow {
            emit(whole)
            throw ours
        }
        assertSame(ours, runCatching { bucket.put("a", body.asBody()) }.exceptionOrNull())
        assertSame(
            ours,
            runCatching {
                bucket.put("a") {
                    write(whole)
                    throw ours
                }
            }.exceptionOrNull(),
        )
        assertEquals("old", bucket.getString("a"))
        bucket.keepsLessThan(1 shl 16)
    }

    @Test
    fun `what progress throws comes out, and nothing is stored`() = onBoth { store, place ->
        val bucket = store.createBucket("b")
        val file = place.directory.resolve("file").also { it.writeBytes(whole) }
        for (body in listOf(whole.asBody(), file.asBody(), flowOf(whole, whole).asBody())) {
            val thrown = runCatching { bucket.put("a", body, progress = { throw Ours() }) }.exceptionOrNull()
            assertTrue(thrown is Ours, "$thrown")
        }
    }

    @Test
    fun `bad input is refused, and nothing is stored`() = onBoth { store, _ ->
        val bucket = store.createBucket("b")
        suspend fun refused(code: String, argument: String, call: suspend () -> Any?) {
            val error = failure(call)
            assertEquals(code, error.code, "$error")
            assertTrue(argument in error.message!!, "$error")
        }
        val none = ByteArray(0).asBody()
        refused("invalid_name", "name") { bucket.putString("", "") }
        refused("invalid_name", "name") { bucket.putString("x".repeat(1025), "") }
        refused("invalid_argument", "if_revision") { bucket.put("a", none, ifRevision = -1) }
        refused("invalid_argument", "if_absent") { bucket.put("a", none, ifAbsent = true, ifRevision = 1) }
        refused("invalid_argument", "if_absent") { bucket.put("a", flowOf(whole).asBody(), ifAbsent = true, ifRevision = 1) }
        refused("invalid_argument", "expires") { bucket.put("a", none, expires = (-1).seconds) }
        refused("invalid_argument", "expires") { bucket.put("a", none, expires = Duration.INFINITE) }
        refused("invalid_argument", "expiry") { bucket.put("a", none, expires = Duration.ZERO) }
        refused("invalid_argument", "chunk size") { bucket.put(ObjectMeta("a", chunkSize = -1), none) }
        refused("invalid_argument", "chunk size") { bucket.put(ObjectMeta("a", chunkSize = 0), none) }
        refused("link_not_allowed", "add_link") { bucket.put(ObjectMeta("a", link = Link("b", "c")), none) }
        refused("io", "none") { bucket.putFile(Path.of("none")) }
        refused("invalid_argument", "range") { bucket.putString("r", "r"); bucket.get("r", ByteRange.From(-1)) }
        refused("invalid_argument", "after") { bucket.watch(after = -1) }
        refused("invalid_argument", "max_bytes") { store.createBucket(BucketConfig("n", maxBytes = -1)) }
        refused("invalid_argument", "ttl") { store.createBucket(BucketConfig("n", ttl = (-1).seconds)) }
        refused("invalid_argument", "replicas") { store.createBucket(BucketConfig("n", replicas = -1)) }
        refused("invalid_argument", "idle_timeout") { Store.open("nats://127.0.0.1:1", StoreOptions(idleTimeout = (-1).seconds)) }
        assertEquals("not_found", failure { bucket.info("a") }.code)
        val error = failure { bucket.info("a") } as JetblobException.NotFound
        assertEquals(listOf("b", "a", false, false), listOf(error.bucket, error.name, error.isRetryable, error.deleted))
        bucket.putString("a", "1")
        assertEquals(0, (failure { bucket.put("a", none, ifAbsent = true) } as JetblobException.Conflict).expected)
    }
}
