package io.jetblob

import com.sun.jna.Pointer
import io.jetblob.ffi.Buffer
import io.jetblob.ffi.Chunk
import io.jetblob.ffi.Chunks

/** A copy of the library's bytes, which are let go of. */
internal fun Chunk.taken(): ByteArray = use { chunk ->
    val size = chunk.size()
    if (size > MAX_ARRAY) throw OutOfMemoryError("an array can't hold the $size bytes of the object; read it in pieces")
    if (size == 0L) ByteArray(0) else Pointer(chunk.address().toLong()).getByteArray(0, size.toInt())
}

/** Bytes that the library holds, to be copied piece by piece. */
internal class AtHand(private val chunks: Chunks) : AutoCloseable {
    private val places = Pointer(chunks.table().toLong()).run {
        getLongArray(Long.SIZE_BYTES.toLong(), 2 * getLong(0).toInt())
    }
    private var next = 0
    private var address = 0L
    private var left = 0L

    /** A copy of the next bytes, at most so many; `null` at the end. */
    fun take(max: Long): ByteArray? {
        if (left == 0L) {
            if (next == places.size) return null
            address = places[next++]
            left = places[next++]
        }
        val size = minOf(left, max, MAX_ARRAY).toInt()
        val bytes = Pointer(address).getByteArray(0, size)
        address += size
        left -= size
        return bytes
    }

    override fun close(): Unit = chunks.close()
}

/** A copy of the caller's bytes, for the library. */
internal fun ByteArray.given(): Buffer {
    val buffer = failing { Buffer(size.toLong()) }
    if (isNotEmpty()) Pointer(buffer.address().toLong()).write(0, this, 0, size)
    return buffer
}

private const val MAX_ARRAY = Int.MAX_VALUE - 8L
