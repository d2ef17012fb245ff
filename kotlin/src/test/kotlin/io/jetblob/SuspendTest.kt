package io.jetblob

import kotlin.io.path.Path
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.readSymbolicLink
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** A store that lets go of its files. */
class SuspendTest {
    private val whole = pattern(9L shl 20)

    /** The files of the store that this process has open. */
    private fun Place.held() = Path("/proc/self/fd").listDirectoryEntries()
        .mapNotNull { runCatching { it.readSymbolicLink() }.getOrNull() }
        .filter { it.startsWith(directory.toRealPath()) }

    @Test
    fun `no file is open, and what was begun goes on`() = on("local") { store, place ->
        val bucket = store.createBucket("b")
        bucket.putBytes("a", whole)
        val reading = bucket.get("a")
        val first = reading.next()!!
        val watch = bucket.watch(updatesOnly = true)
        val upload = bucket.upload("c")
        repeat(5) { upload.write(ByteArray(1 shl 20)) }

        launch {
            coroutineContext[kotlinx.coroutines.Job]!!.cancel()
            store.suspend()
        }.join()
        assertEquals(emptyList<Any>(), place.held())
        for (call in listOf<suspend () -> Any?>({ bucket.info("a") }, { bucket.putString("b", "") }, { store.bucket("b") })) {
            val refused = failure { call() }
            assertEquals("unavailable", refused.code)
            assertTrue(refused.isRetryable && "resume" in refused.message!!, refused.message)
        }
        val rest = async { reading.intoBytes() }
        assertEquals(null, withTimeoutOrNull(50.milliseconds) { watch.next() })
        assertTrue(rest.isActive)

        store.resume()
        assertArrayEquals(whole, first + rest.await())
        assertEquals("unavailable", failure { while (true) upload.write(ByteArray(1 shl 20)) }.code)
        bucket.putString("b", "")
        assertEquals("b", (watch.next() as WatchEvent.Object).info.name)
        watch.close()
    }

    @Test
    fun `a read that waits for the store is cancelled`() = on("local") { store, _ ->
        val bucket = store.createBucket("b")
        bucket.putBytes("a", whole)
        val reading = bucket.get("a")
        store.suspend()
        val read = launch { while (reading.next() != null) Unit }
        assertEquals(null, withTimeoutOrNull(50.milliseconds) { read.join() })
        read.cancelAndJoin()
        store.resume()
    }

    @Test
    fun `a store of a server goes on`() = on("jetstream") { store, _ ->
        val bucket = store.createBucket("b")
        store.suspend()
        bucket.putString("a", "text")
        store.resume()
        assertEquals("text", bucket.getString("a"))
    }

    @Test
    fun `a put whose body waits is given up`() = on("local") { store, place ->
        val bucket = store.createBucket("b")
        val (begun, gone) = List(2) { CompletableDeferred<Unit>() }
        val body = flow {
            repeat(5) { emit(ByteArray(1 shl 20)) }
            begun.complete(Unit)
            gone.await()
            emit(ByteArray(1 shl 20))
            awaitCancellation()
        }
        val put = async { runCatching { bucket.put("a", body.asBody()) } }
        begun.await()
        store.suspend()
        assertEquals(emptyList<Any>(), place.held())
        store.resume()
        put.cancelAndJoin()
        assertEquals("not_found", failure { bucket.info("a") }.code)
        bucket.keepsLessThan(1 shl 16)
    }
}
