@echo off
rem Brings kami up on Windows by Docker Compose: database, function on port 5000 and hourly expiry.
rem
rem   start.bat           start it, wait until it answers, say what runs where
rem   start.bat stop      stop all of it; the cards stay
rem   start.bat status    say what runs
rem   start.bat logs      follow the logs
rem   start.bat reset     stop it and delete its database; asks first
setlocal
cd /d "%~dp0"
set "listen=127.0.0.1:5000"
set "address=http://%listen%"
set "wait_seconds=180"

set "command=%~1"
if not defined command set "command=start"
for %%c in (start stop status logs reset) do if /i "%command%"=="%%c" goto checks
echo Usage: start.bat [start ^| stop ^| status ^| logs ^| reset]
exit /b 2

:checks
if not exist docker-compose.yml (
  echo start.bat: docker-compose.yml is not in this folder, so there is nothing that Docker could start.
  exit /b 1
)
where docker >nul 2>nul
if errorlevel 1 (
  echo start.bat: Docker is not on this machine: install Docker Desktop, start it, then run this again.
  exit /b 1
)
docker compose version >nul 2>nul
if errorlevel 1 (
  echo start.bat: this Docker has no "docker compose": update Docker Desktop, then run this again.
  exit /b 1
)
docker info >nul 2>nul
if errorlevel 1 (
  echo start.bat: Docker does not run: start Docker Desktop, then run this again.
  exit /b 1
)
goto %command%

:start
rem containers of ours that run already may hold the port; of others none may
docker compose ps --status running --quiet 2>nul | findstr . >nul
if not errorlevel 1 goto up
netstat -ano | findstr /r /c:":5000 .*LISTENING" >nul
if not errorlevel 1 (
  echo start.bat: port 5000 is taken by another program: stop that, then run this again. It is one of these processes:
  netstat -ano | findstr /r /c:":5000 .*LISTENING"
  exit /b 1
)
:up
set "KAMI_LISTEN=%listen%"
docker compose up -d --build
if not errorlevel 1 docker compose run --rm migrate migrate --demo
if errorlevel 1 (
  echo start.bat: Docker Compose could not start kami, for the reason above.
  docker compose down >nul 2>nul
  exit /b 1
)
echo Waiting until kami answers ...
set /a tries=0
:wait
call :healthy
if not errorlevel 1 goto ready
set /a tries+=1
if %tries% geq %wait_seconds% (
  docker compose logs --tail 20
  docker compose down >nul 2>nul
  echo start.bat: kami did not answer %address%/health after %wait_seconds% tries, so it is stopped; its last words are above.
  exit /b 1
)
rem timeout would need a console; ping waits a second anywhere
ping -n 2 127.0.0.1 >nul
goto wait
:ready
echo.
echo kami runs on %address% :
docker compose ps
echo.
echo Try it:
echo   curl -s %address%/api/validate -H "Content-Type: application/json" -d "{\"code\":\"VIP-DEMO123456\",\"machine_code\":\"my-machine-1\"}"
echo Then: docker compose run --rm console (console), start.bat status, logs, stop or reset
exit /b 0

:stop
docker compose down
exit /b %errorlevel%

:status
docker compose ps
call :healthy
if errorlevel 1 (
  echo kami does not answer %address%/health.
  exit /b 3
)
echo kami answers %address%/health.
exit /b 0

:logs
docker compose logs --tail 100 --follow
exit /b %errorlevel%

:reset
echo This stops kami and deletes its database with all cards.
set "answer="
set /p "answer=Type 'yes' to go on: "
if /i not "%answer%"=="yes" (
  echo Nothing was changed.
  exit /b 1
)
docker compose down --volumes
exit /b %errorlevel%

rem 0 when the health check answers 200; curl comes with Windows 10 and later
:healthy
curl -fs -o nul --max-time 5 %address%/health >nul 2>nul
if errorlevel 1 exit /b 1
exit /b 0
