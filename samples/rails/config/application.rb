require "rails"
require "action_controller/railtie"
require "pg"

class Home < ActionController::Base
  def index
    version = PG.connect(ENV.fetch("DATABASE_URL")).exec("select version()").getvalue(0, 0)
    render plain: "#{version}\n"
  end
end

class MyApp < Rails::Application
  config.eager_load = false
  config.secret_key_base = "development only"
  config.hosts.clear
  routes.append { root to: "home#index" }
end

HomeController = Home
