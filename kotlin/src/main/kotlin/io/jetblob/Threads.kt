package io.jetblob

import com.sun.jna.CallbackThreadInitializer
import com.sun.jna.Native
import io.jetblob.ffi.uniffiRustFutureContinuationCallbackImpl

/**
 * The library's threads in this virtual machine. A thread that wakes somebody here stays a thread of the machine until it ends:
 * to become one and to cease to be takes longer than what it does in between.
 */
internal object Threads {
    init {
        val stay = CallbackThreadInitializer(true, false, "jetblob")
        Native.setCallbackThreadInitializer(uniffiRustFutureContinuationCallbackImpl, stay)
    }

    /** To be called before the library is. */
    fun stay() = Unit
}
