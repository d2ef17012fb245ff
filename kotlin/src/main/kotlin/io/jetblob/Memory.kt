package io.jetblob

import com.sun.jna.Pointer
import io.jetblob.ffi.Buffer
import io.jetblob.ffi.Chunk

/** A copy of the library's bytes, which are let go of. */
internal fun Chunk.taken(): ByteArray = use { chunk ->
    val size = chunk.size()
    if (size > MAX_ARRAY) throw OutOfMemoryError("an array can't hold the $size bytes of the object; read it in pieces")
    if (size == 0L) ByteArray(0) else Pointer(chunk.address().toLong()).getByteArray(0, size.toInt())
}

/** A copy of the caller's bytes, for the library. */
internal fun ByteArray.given(): Buffer {
    val buffer = failing { Buffer(size.toLong()) }
    if (isNotEmpty()) Pointer(buffer.address().toLong()).write(0, this, 0, size)
    return buffer
}

private const val MAX_ARRAY = Int.MAX_VALUE - 8L
