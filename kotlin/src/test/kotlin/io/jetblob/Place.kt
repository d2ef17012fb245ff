package io.jetblob

import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.nio.file.Files
import java.nio.file.Path
import kotlin.io.path.ExperimentalPathApi
import kotlin.io.path.deleteRecursively
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.readText
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.jsonObject

/** The top of the repository. */
val TOP: Path = Path.of(System.getProperty("top")).toRealPath()

/** Where an empty store is: a directory, or a real server of its own. */
class Place(val engine: String) : AutoCloseable {
    val directory: Path = Files.createTempDirectory("jetblob")
    private val port = ServerSocket(0, 1, InetAddress.getLoopbackAddress()).use { it.localPort }
    private val server: Process? = if (engine == "jetstream") serve() else null
    val url: String = if (server == null) directory.resolve("store").toString() else "nats://127.0.0.1:$port"

    private fun serve(): Process {
        val program = TOP.resolve(".venv/bin/nats-server").toString()
        val command = listOf(program, "-js", "-a", "127.0.0.1", "-p", "$port", "-sd", "$directory")
        val server = ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start()
        waitFor("the server listens") {
            check(server.isAlive) { "the server ended" }
            runCatching { Socket(InetAddress.getLoopbackAddress(), port).close() }.isSuccess
        }
        return server
    }

    /** Stops the server: it keeps its connections, and answers nothing. Its threads stop one after the other. */
    fun stop() {
        signal("STOP")
        val tasks = Path.of("/proc/${server!!.pid()}/task")
        waitFor("the server stands still") {
            tasks.listDirectoryEntries().all { "State:\tT" in it.resolve("status").readText() }
        }
    }

    /** Lets the server go on. */
    fun goOn(): Unit = signal("CONT")

    private fun signal(name: String) {
        check(ProcessBuilder("kill", "-$name", "${server!!.pid()}").start().waitFor() == 0)
    }

    /** Stores a message on the server, as another client may. */
    fun publish(subject: String, body: ByteArray): Unit = Socket(InetAddress.getLoopbackAddress(), port).use { socket ->
        socket.soTimeout = 10_000
        val words = "CONNECT {\"verbose\":false}\r\nSUB _r 1\r\nPUB $subject _r ${body.size}\r\n"
        socket.getOutputStream().write(words.encodeToByteArray() + body + "\r\n".encodeToByteArray())
        val lines = socket.getInputStream().bufferedReader().lineSequence()
        val answer = lines.dropWhile { !it.startsWith("MSG _r 1 ") }.elementAt(1)
        val fields = Json.parseToJsonElement(answer).jsonObject
        if ("stream" !in fields || "error" in fields) throw Mismatch("not stored: $answer")
    }

    @OptIn(ExperimentalPathApi::class)
    override fun close() {
        server?.destroyForcibly()?.waitFor()
        directory.deleteRecursively()
    }
}

/** Waits until it holds. */
inline fun waitFor(what: String, patience: Duration = 20.seconds, holds: () -> Boolean) {
    val began = TimeSource.Monotonic.markNow()
    while (!holds()) {
        check(began.elapsedNow() < patience) { "in vain: $what" }
        Thread.sleep(5)
    }
}
