package io.jetblob

import kotlin.io.path.exists
import kotlin.io.path.listDirectoryEntries
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** What is cancelled, at whatever point, leaves nothing behind and holds nobody up. */
class CancelTest {
    private val whole = pattern(16L shl 20)

    @Test
    fun `a put that is cancelled leaves the old object or the new one`() = onBoth { store, place ->
        val bucket = store.createBucket("b")
        val file = place.directory.resolve("body").also { it.toFile().writeBytes(whole) }
        val pieces = flow { for (at in whole.indices step 100_000) emit(whole.copyOfRange(at, minOf(at + 100_000, whole.size))) }
        bucket.putString("a", "old")
        for (body in listOf(whole.asBody(), file.asBody(), pieces.asBody())) {
            var cancelled = 0
            for (turns in listOf(0, 1, 2, 5, 20)) {
                val put = launch { bucket.put("a", body) }
                repeat(turns) { delay(1) }
                put.cancelAndJoin()
                if (put.isCancelled) cancelled += 1
                val now = bucket.getBytes("a")
                assertTrue(now.contentEquals(whole) || now.decodeToString() == "old")
            }
            assertTrue(cancelled > 0)
        }
        bucket.delete("a")
        bucket.keepsLessThan(1 shl 16)
    }

    @Test
    fun `a put of an endless body is cancelled`() = onBoth { store, _ ->
        val bucket = store.createBucket("b")
        val begun = CompletableDeferred<Unit>()
        val endless = flow {
            while (true) {
                emit(whole)
                begun.complete(Unit)
            }
        }
        val put = launch { bucket.put("a", endless.asBody()) }
        begun.await()
        put.cancelAndJoin()
        assertEquals("not_found", failure { bucket.info("a") }.code)
        bucket.keepsLessThan(1 shl 16)
    }

    @Test
    fun `a coroutine that is cancelled before the start begins nothing`() = onBoth { store, _ ->
        val bucket = store.createBucket("b")
        val put = launch(start = CoroutineStart.UNDISPATCHED) {
            coroutineContext[kotlinx.coroutines.Job]!!.cancel()
            bucket.putString("a", "text")
        }
        put.join()
        assertTrue(put.isCancelled)
        assertEquals("not_found", failure { bucket.info("a") }.code)
    }

    @Test
    fun `a stuck read ends at once`() = on("jetstream") { store, place ->
        val bucket = store.createBucket("b")
        bucket.putBytes("a", pattern(64L shl 20))
        val reading = bucket.get("a")
        reading.read(1000)
        place.stop()
        try {
            val read = async { while (reading.next() != null) Unit }
            val info = async { bucket.info("a") }
            val watch = async { bucket.watch() }
            val check = async { bucket.check().next() }
            val gc = async { bucket.gc() }
            val calls = listOf(read, info, watch, check, gc)
            // What had come before the server was stopped is read, and then there is nothing.
            var at = -1L
            while (at != reading.position) {
                at = reading.position
                delay(100)
            }
            assertTrue(calls.all { it.isActive })
            val took = measureTime { for (stuck in calls) stuck.cancelAndJoin() }
            assertTrue(took < 100.milliseconds, "$took")
            assertTrue(read.isCancelled)
        } finally {
            place.goOn()
        }
    }

    @Test
    fun `a read that is cancelled loses nothing`() = onBoth { store, _ ->
        val bucket = store.createBucket("b")
        bucket.putBytes(ObjectMeta("a", chunkSize = 10_000), pattern(3L shl 20))
        val reading = bucket.get("a")
        val read = java.io.ByteArrayOutputStream()
        var cancelled = 0
        while (true) {
            val piece = async { reading.next() }
            repeat(cancelled % 7) { yield() }
            piece.cancel()
            try {
                read.write(piece.await() ?: break)
            } catch (_: CancellationException) {
                cancelled += 1
            }
        }
        assertTrue(cancelled > 0)
        assertArrayEquals(pattern(3L shl 20), read.toByteArray())
    }

    @Test
    fun `the rest begins where the reads before it ended`() = onBoth { store, place ->
        val bucket = store.createBucket("b")
        val bytes = ByteArray(100_000) { ('a'.code + it % 23).toByte() }
        bucket.putBytes("a", bytes)
        val out = place.directory.resolve("out")
        val rests = listOf<suspend (Object) -> ByteArray>(
            { it.read(bytes.size) },
            { it.intoBytes() },
            { it.intoString().encodeToByteArray() },
            { it.intoFile(out).let { out.toFile().readBytes() } },
        )
        for (rest in rests) {
            val reading = bucket.get("a")
            assertEquals(10, reading.read(10).size)
            assertEquals(10, reading.position)
            assertArrayEquals(bytes.copyOfRange(10, bytes.size), rest(reading))
        }
    }

    @Test
    fun `a watch that is cancelled loses nothing`() = onBoth { store, _ ->
        val bucket = store.createBucket("b")
        bucket.watch(updatesOnly = true).use { watch ->
            assertEquals(null, withTimeoutOrNull(20.milliseconds) { watch.next() })
            bucket.putString("a", "")
            bucket.putString("b", "")
            assertEquals("a", (watch.next() as WatchEvent.Object).info.name)
            assertEquals("b", (watch.next() as WatchEvent.Object).info.name)
            val waiting = async { watch.next() }
            delay(10)
            watch.close()
            assertEquals(null, waiting.await())
        }
    }

    @Test
    fun `a check that is closed goes no further`() = on("jetstream") { store, place ->
        val bucket = store.createBucket("b")
        bucket.putString("a", "text")
        val check = bucket.check()
        place.stop()
        try {
            val waiting = async { check.next() }
            delay(20)
            check.close()
            assertEquals(null, waiting.await())
        } finally {
            place.goOn()
        }
        val whole = bucket.check()
        assertEquals(null, whole.next())
        assertEquals(1, whole.report.objects)
        assertEquals(0, check.report.objects)
    }

    @Test
    fun `other calls that are cancelled can be made again`() = onBoth { store, place ->
        val bucket = store.createBucket("b")
        bucket.putBytes("a", whole)
        val out = place.directory.resolve("out").resolve("file").also { it.parent.toFile().mkdir() }
        val calls = listOf<suspend () -> Any?>(
            { bucket.info("a") },
            { bucket.status() },
            { bucket.getBytes("a") },
            { bucket.getFile("a", out) },
            { bucket.updateMeta("a", ObjectMeta("a", description = "new")) },
            { bucket.list().next() },
            { bucket.check().next() },
            { bucket.gc() },
        )
        for (call in calls) {
            for (turns in listOf(0, 1, 2, 5, 20)) {
                val made = launch { call() }
                repeat(turns) { yield() }
                made.cancelAndJoin()
            }
            call()
        }
        assertTrue(out.exists())
        waitFor("nothing else is left") { out.parent.listDirectoryEntries() == listOf(out) }
    }

    @Test
    fun `what is still open can be forgotten`() = onBoth { store, _ ->
        val bucket = store.createBucket("b")
        bucket.putBytes("a", whole)
        var reading: Object? = bucket.get("a")
        reading!!.read(10)
        reading = null
        assertFalse(reading != null)
        var upload: Upload? = bucket.upload("c")
        upload!!.write(whole)
        upload = null
        withTimeoutOrNull(20.seconds) {
            while (bucket.status().size >= whole.size + (1 shl 20)) {
                System.gc()
                delay(20)
            }
        } ?: throw AssertionError("the upload is not given up")
        assertEquals("not_found", failure { bucket.info("c") }.code)
    }
}
