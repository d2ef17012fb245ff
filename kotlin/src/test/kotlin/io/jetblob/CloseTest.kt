package io.jetblob

import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** Use after the end. */
class CloseTest {
    @Test
    fun `an upload that is idle is given up`() = onBoth { _, place ->
        val store = Store.open(place.url)
        val bucket = store.createBucket("b")
        val upload = bucket.upload("a")
        upload.write(ByteArray(3 shl 20))
        val took = measureTime { store.close() }
        assertTrue(took < 5.seconds, "$took")
        assertEquals("closed", failure { upload.finish() }.code)
        Store.open(place.url).use {
            assertEquals("not_found", failure { it.bucket("b").info("a") }.code)
            it.bucket("b").keepsLessThan(1 shl 16)
        }
    }

    @Test
    fun `what is closed says so`() = onBoth { _, place ->
        val store = Store.open(place.url)
        val bucket = store.createBucket("b")
        bucket.putString("a", "text")
        val reading = bucket.get("a")
        reading.close()
        reading.close()
        assertEquals("closed", failure { reading.next() }.code)
        assertEquals("closed", failure { reading.intoBytes() }.code)
        val read = bucket.get("a")
        assertEquals("text", read.intoString())
        assertEquals("closed", failure { read.intoBytes() }.code)
        val upload = bucket.upload("c")
        upload.write(ByteArray(10))
        assertEquals(10, upload.finish().size)
        for (late in listOf<suspend () -> Any?>({ upload.write(ByteArray(1)) }, { upload.finish() })) {
            assertEquals("closed", failure { late() }.code)
        }
        upload.abort()
        assertEquals(10, bucket.info("c").size)
        val aborted = bucket.upload("d")
        aborted.write(ByteArray(10))
        aborted.abort()
        assertEquals("closed", failure { aborted.finish() }.code)
        val watch = bucket.watch()
        watch.close()
        assertEquals(null, watch.next())

        store.close()
        for (call in listOf<suspend () -> Any?>({ bucket.info("a") }, { bucket.putString("a", "") }, { store.bucket("b") })) {
            assertEquals("closed", failure { call() }.code)
        }
        store.close()
    }
}
