package io.jetblob

import java.io.File
import java.io.InputStream
import java.nio.file.Path
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn

/** What a put stores: bytes, a file, or what a flow or a stream gives. */
public sealed interface Body {
    /** Bytes in memory. */
    public class Bytes internal constructor(internal val bytes: ByteArray) : Body

    /** A file, read by the library. */
    public class OfFile internal constructor(internal val path: Path) : Body

    /** Pieces, one after the other. */
    public class Pieces internal constructor(internal val pieces: Flow<ByteArray>) : Body
}

/** These bytes, as the body of an object. */
public fun ByteArray.asBody(): Body = Body.Bytes(this)

/** The contents of this file, as the body of an object. */
public fun Path.asBody(): Body = Body.OfFile(this)

/** The contents of this file, as the body of an object. */
public fun File.asBody(): Body = Body.OfFile(toPath())

/** What the flow emits, one after the other, as the body of an object. What it throws comes out of the put unchanged. */
public fun Flow<ByteArray>.asBody(): Body = Body.Pieces(this)

/** What the stream gives, up to its end, as the body of an object. It is read on [Dispatchers.IO], and closed. */
public fun InputStream.asBody(): Body = Body.Pieces(
    flow {
        use {
            val buffer = ByteArray(PIECE)
            while (true) {
                val size = read(buffer)
                if (size < 0) break
                emit(buffer.copyOf(size))
            }
        }
    }.flowOn(Dispatchers.IO),
)

private const val PIECE = 1 shl 20
