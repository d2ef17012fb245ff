package io.jetblob

import java.io.File
import java.security.MessageDigest
import kotlin.time.DurationUnit
import kotlin.time.measureTime
import kotlinx.coroutines.flow.flow
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** An object that is larger than the memory that there is for it: this process has a heap of 192 MiB. */
class LargeTest {
    private val size = 256L shl 20
    private val piece = pattern(1L shl 20)

    @Test
    fun `a large object goes both ways in little memory`() = onBoth { store, place ->
        val bucket = store.createBucket("b")
        val sent = MessageDigest.getInstance("SHA-256")
        val peak = Peak()
        val put = measureTime {
            val pieces = flow {
                repeat((size / piece.size).toInt()) {
                    piece[0] = it.toByte()
                    sent.update(piece)
                    emit(piece)
                }
            }
            assertEquals(size, bucket.put("a", pieces.asBody()).size)
        }
        val received = MessageDigest.getInstance("SHA-256")
        val get = measureTime { bucket.get("a").collect(received::update) }
        assertArrayEquals(sent.digest(), received.digest())
        val grown = peak.grownBy()
        println("${place.engine}: put ${rate(put)}, get ${rate(get)}, ${grown shr 20} MiB more at the most")
        assertTrue(grown < 160L shl 20, "${grown shr 20} MiB")
    }

    private fun rate(time: kotlin.time.Duration) = "${(size / 1e6 / time.toDouble(DurationUnit.SECONDS)).toInt()} MB/s"

    /** The most memory that the process has had since this was made. */
    private class Peak {
        private val before = run {
            System.gc()
            File("/proc/self/clear_refs").writeText("5")
            memory("VmRSS")
        }

        fun grownBy(): Long = memory("VmHWM") - before

        private fun memory(what: String): Long =
            File("/proc/self/status").readLines().first { it.startsWith(what) }.filter(Char::isDigit).toLong() * 1024
    }
}
